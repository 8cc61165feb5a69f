-- A session is here, with all that its connection says of it: after a join, a REST heartbeat, a
-- change, or a repair. Needs user/lib.lua and user/settling.lua.
-- ARGV[6] session id
-- ARGV[7] device id
-- ARGV[8] workspace id, "" for none
-- ARGV[9] active, idle, or "" for as the device was
-- ARGV[10] channels that it looks at or types in, separated by spaces
-- ARGV[11] most live devices a user may have
-- ARGV[12] step; or state, for what the user is besides
-- ARGV[13] the status that the connection has kept, as status_to_keep() gave it, and ARGV[14] the
-- user's revision then: Redis may have lost it
-- Returns what settle() returns, and own_state() when it is asked for; or the error TOOMANYDEVICES
-- or SIGNEDOFF.

local id, device = ARGV[6], ARGV[7]
if stored().off[id] then return redis.error_reply('SIGNEDOFF the device was signed off') end
local live = prune()
local devices, present, count, total = newest_sessions(live), {}, 0, 0
for _, s in pairs(live) do
  total = total + 1
  if not is_silent(s) and not present[s.device] then present[s.device], count = true, count + 1 end
end
local most = tonumber(ARGV[11])
-- A device has few sessions: those that ended within the grace, and what a broken client leaves.
if not live[id] and ((not devices[device] and count >= most) or total >= 5 * most) then
  return redis.error_reply('TOOMANYDEVICES the user has too many devices')
end

local known = live[id]
-- Said before the connection ended, and late.
if known and known.ended then return settle() end
local session = { deadline = now_ms + ttl * 1000, device = device, workspace = ARGV[8],
  started = known and known.started or now_us }
if ARGV[9] == '' then
  session.idle = devices[device] ~= nil and devices[device].idle
else
  session.idle = ARGV[9] == 'idle'
end
write_session(id, session)
beat(device)
keep()
restore_status(ARGV[13], ARGV[14])
seen_now()
-- Nobody may see where a user in hiding is.
if ARGV[10] == '' or is_hidden(get('status')) then
  if not known then set_channels(id, nil) end
else
  set_channels(id, ARGV[10])
end
local cause = not known and 'connected' or ARGV[9] ~= '' and ARGV[9] or 'repaired'
local step = settle({ first = true, cause = cause })
if ARGV[12] == 'state' then step[12] = own_state(present_devices(stored().live)) end
return step
