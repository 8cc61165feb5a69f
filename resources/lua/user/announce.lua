-- A session is here, with all that its connection knows: after a join, a REST heartbeat, a change, or
-- when Redis has lost it. Needs user/lib.lua and user/reconcile.lua.
-- ARGV[6] session id
-- ARGV[7] device id
-- ARGV[8] workspace id, "" for none
-- ARGV[9] active, idle, or "" for as the device was
-- ARGV[10] channels that it looks at or types in, separated by spaces
-- ARGV[11] most live devices a user may have
-- ARGV[12] step; or state, for what the user is besides
-- ARGV[13] the client-held status, and ARGV[14] the user's revision that it is from, 0 for none: Redis
-- may have lost it
-- ARGV[15] how many of the connections that client_held_status() is told to are the caller's own and
-- know nothing else: 0 or 1
-- ARGV[16] how long the others need to say what they know (ms), and ARGV[17] 1 when Redis may have
-- lost everything a moment ago
-- Returns what reconcile() returns, and own_state() when it is asked for; or the error TOOMANYDEVICES
-- or SIGNEDOFF.

local id, device, knows = ARGV[6], ARGV[7], ARGV[14] ~= '0'
if stored().off[id] then return redis.error_reply('SIGNEDOFF the device was signed off') end

-- Redis has lost the user, and this session does not know what it was; others may.
local function is_doubtful()
  return ask_connections(tonumber(ARGV[15]))
    or (is_blank and (ARGV[17] == '1' or next(sessions.live) ~= nil))
end

local function has_too_many(live, devices)
  local present, count, total, most = {}, 0, 0, tonumber(ARGV[11])
  for _, s in pairs(live) do
    total = total + 1
    if not is_silent(s) and not present[s.device] then present[s.device], count = true, count + 1 end
  end
  -- A device has few sessions: those that ended within the grace, and what a broken client leaves.
  return not live[id] and ((not devices[device] and count >= most) or total >= 5 * most)
end

local is_lost = not get('revision')
if is_lost and not knows and is_doubtful() then set('unconfirmed', whole(now_ms + ARGV[16])) end
if is_lost and knows then ask_connections(tonumber(ARGV[15])) end
local live = prune()
local devices = newest_sessions(live)
if has_too_many(live, devices) then
  return redis.error_reply('TOOMANYDEVICES the user has too many devices')
end

local known = live[id]
-- Said before the connection ended, and late.
if known and known.ended then return reconcile() end
local idle = ARGV[9] == 'idle'
if ARGV[9] == '' then idle = devices[device] ~= nil and devices[device].idle end
write_session(id, { deadline = now_ms + ttl * 1000, device = device, workspace = ARGV[8], idle = idle,
  started = known and known.started or now_us })
beat(device)
if knows then restore_status(ARGV[13], ARGV[14]) end
seen_now()
-- Nobody may see where a user in hiding is: a session that was lost leaves.
local hidden = is_hidden(get('status'))
if not (known and (ARGV[10] == '' or hidden)) then set_channels(id, ARGV[10]) end
if knows and not known and hidden then add_place(ARGV[8]) end
local cause = not known and 'connected' or ARGV[9] ~= '' and ARGV[9] or 'repaired'
local step = reconcile({ knows = knows, lost = is_lost and knows, cause = cause })
if ARGV[12] == 'state' then step[14] = own_state(present_devices(stored().live)) end
return step
