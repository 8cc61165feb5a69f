-- A session is here, with all that its connection knows: after a join, a REST heartbeat, a change, or
-- when Redis has lost it. Needs user/lib.lua and user/reconcile.lua.
-- ARGV[7] session id
-- ARGV[8] device id
-- ARGV[9] workspace id, "" for none
-- ARGV[10] active, idle, or "" for as the session was, and a new one as its device
-- ARGV[11] channels that it looks at or types in, separated by spaces
-- ARGV[12] most live devices a user may have
-- ARGV[13] result; or state, for what the user is besides
-- ARGV[14] the client-held status, and ARGV[15] the user's revision that it is from, 0 for none, then perhaps
-- what restore_heard() takes: Redis may have lost it
-- ARGV[16] how many of the connections that hear what the user is are the caller's own, which knows
-- nothing else: 0 or 1
-- ARGV[17] words: lost when Redis may have lost everything a moment ago; archive when there is one to be
-- asked what a user was that Redis does not know, or unasked when it is away; returning when a new session
-- looks at what the last one of its device looked at, if that has ended
-- ARGV[18] active or idle, as the session was, or "" when it does not know
-- ARGV[19] since when the session is there (us), 0 when it does not know: of a device's sessions the
-- newest speaks for it, in whatever order they are announced again
-- ARGV[20] when the token was issued by which it came (ms), 0 when that does not say, and ARGV[21]
-- SIGN_OFF_HOLD (ms)
-- ARGV[22] of which kind the device says it is, or ""
-- Returns what reconcile() returns, own_state() when it is asked for or "", since when the session is
-- there (us), whether it is idle: 0 or 1, the channels that it has taken over, separated by spaces, and
-- its deadline (ms); or the error TOOMANYDEVICES or SIGNEDOFF.

local hints = split(ARGV[17])
local id, device, knows, own = ARGV[7], ARGV[8], ARGV[15] ~= '0', tonumber(ARGV[16])
local heard = not knows and has_heard(ARGV[14])
local known = stored().live[id]
if (not known or known.ended) and is_signed_off(device, tonumber(ARGV[19]), tonumber(ARGV[20]), tonumber(ARGV[21])) then
  return redis.error_reply('SIGNEDOFF the device was signed off')
end
if not known and ((ARGV[19] ~= '0' and was_erased_since(ARGV[19]))
    or (knows and was_erased_since(ARGV[15]))) then
  return redis.error_reply('SIGNEDOFF the user was erased')
end

local function has_too_many(live, devices)
  local present, count, total, most = {}, 0, 0, tonumber(ARGV[12])
  for _, s in pairs(live) do
    total = total + 1
    if not is_silent(s) and not present[s.device] then present[s.device], count = true, count + 1 end
  end
  -- A device has few sessions: those that ended within the grace, and what a broken client leaves.
  return not live[id] and ((not devices[device] and count >= most) or total >= 5 * most)
end

local is_new = not user.revision
if is_new then
  is_held = is_held_elsewhere(own)
  is_evicted = is_held or (is_blank and (hints.lost or hints.archive or next(stored().live) ~= nil))
  if is_held and knows then ask_connections() end
  -- Until it has answered, what is not known here is not written there.
  if is_blank and not knows and (hints.archive or hints.unasked) then set('unasked', whole(now_us)) end
end
local live = prune()
local devices = newest_sessions()
if has_too_many(live, devices) then
  return redis.error_reply('TOOMANYDEVICES the user has too many devices')
end

local peer = devices[device]
known = live[id]
-- Said before the connection ended, and late.
if known and known.ended and not starts_with(id, 'rest:') then return reconcile() end
-- One of REST calls ends by a sign-off alone, and its device is let in again.
if known and known.ended then known = nil end
local idle = ARGV[10] == 'idle'
if ARGV[10] == '' and known then
  idle = known.idle
elseif ARGV[10] == '' then
  -- As it says itself that it was, before what others say of the device.
  idle = ARGV[18] == 'idle'
  if ARGV[18] == '' and peer then idle = peer.idle end
  if ARGV[18] == '' and not peer then idle = idle_devices()[device] ~= nil end
end
local started = known and known.started or since(ARGV[19])
-- Two may begin at one time, by a clock that does not turn between two calls.
if not known and ARGV[19] == '0' and peer and started <= peer.started then started = peer.started + 1 end
-- Of who hides others see for a while what was there when it did.
local keeps = known and is_lingering()
write_session(id, { deadline = now_ms + ttl * 1000, device = device, idle = idle, started = started,
  workspace = keeps and known.workspace or ARGV[9], kind = keeps and known.kind or ARGV[22] })
-- One that is announced again began before.
if not known and ARGV[19] == '0' then note_session(id, 'connected', stored().live[id], 'joined') end
beat(device)
-- What it has learned since the archive could not be asked is not what the user was.
if knows and tonumber(ARGV[15]) < tonumber(user.unasked or math.huge) then
  restore_status(ARGV[14], ARGV[15])
  set('unasked', nil)
end
if heard then restore_heard(ARGV[14]) end
-- Not before it is known whether it hides.
if not is_evicted and not user.unconfirmed then seen_now() end
-- Said again before its answer, it has taken them already.
local taken = ''
if hints.returning then taken = known and user[VIEWED .. id] or not known and take_over_channels(id, device) or '' end
-- Nobody may see where a user in hiding is: a session that was lost leaves.
local hidden = is_hidden(user.status)
local channels = ARGV[11]
if taken ~= '' and not hidden then channels = channels == '' and taken or channels .. ' ' .. taken end
if not (known and (channels == '' or hidden)) then set_channels(id, channels) end
if (knows or heard) and not known and hidden then add_stray(ARGV[9]) end
-- When all that could know something know nothing, the user is new.
if not knows and not known and own == 1 and (is_evicted or user.unconfirmed) then
  set('unknowing', whole(tonumber(user.unknowing or 0) + 1))
  if user.unconfirmed and not hints.archive and not is_held_elsewhere(tonumber(user.unknowing)) then confirm() end
end
local cause = not known and 'connected' or ARGV[10] ~= '' and ARGV[10] or 'repaired'
-- Others may see who hides since it was lost.
local evicted = is_new and (knows or heard) or is_confirmed and is_hidden(user.status)
local result = reconcile({ held = knows and ARGV[14] or nil, floor = ARGV[15], evicted = evicted,
  cause = cause, origin = origin_of(id, device) })
-- The archive is there again.
if user.unasked and hints.archive then result[12] = 1 end
result[15] = ARGV[13] == 'state' and own_state(present_devices(stored().live)) or ''
result[16], result[17], result[18] = whole(started), idle and 1 or 0, taken
result[19] = now_ms + ttl * 1000
-- They look at their channels until they are over; who leaves one leaves it with them.
local before = {}
for other, s in pairs(stored().live) do
  if s.ended and s.device == device and other ~= id then before[#before + 1] = other end
end
result[20] = table.concat(before, ' ')
return result
