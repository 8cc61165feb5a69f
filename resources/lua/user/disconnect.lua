-- A session's connection is gone. It says what it knew: Redis may have lost the session, which is then
-- to leave all the same. Needs user/lib.lua and user/reconcile.lua.
-- ARGV[7] session id
-- ARGV[8] OFFLINE_GRACE (ms): it counts as live for so long, in case the device comes back; 0 for at once
-- ARGV[9] device id
-- ARGV[10] workspace id, "" for none
-- ARGV[11] channels that it looked at or typed in, separated by spaces
-- ARGV[12] the client-held status, and ARGV[13] the user's revision that it is from, 0 for none; then perhaps what
-- restore_heard() takes
-- ARGV[14] active or idle, as the session was
-- ARGV[15] since when the session is there (us), 0 when it does not know
-- ARGV[16] those that it looked at; "?" when it does not know whether it has taken some over
-- ARGV[17] how long ago the connection ended (ms): that is said again until Redis hears it. Whoever is shown
--         still has the whole grace from then on: nor could its device come back before
-- Returns what reconcile() returns.

local id, till, knows = ARGV[7], now_ms + tonumber(ARGV[8]), ARGV[13] ~= '0'
local session, is_new = stored().live[id], not user.revision
local heard = not knows and has_heard(ARGV[12])
local had_ended = session and session.ended

-- As seen_now(), at that time. Another session may have been seen since.
local function seen_then()
  if ARGV[17] == '0' then return seen_now() end
  local at = whole(math.floor((now_ms - ARGV[17]) / 1000))
  if not is_hidden(user.status) and not is_older(at, user.last_seen or '0') then set_last_seen(at) end
end

if session then
  seen_then()
  if not session.ended then note_session(id, 'disconnected', session, 'disconnected') end
  -- A silent one, too: its node could not refresh it.
  session.deadline = session.ended and math.min(session.deadline, till) or till
  session.ended = true
  write_session(id, session)
elseif was_erased_since(ARGV[15]) or is_signed_off(ARGV[9], tonumber(ARGV[15]), 0, 0) then
  return nothing(0)
elseif not sessions.over[id] and (knows or heard or user.revision) then
  if not user.revision or user.unconfirmed then
    if heard then restore_heard(ARGV[12]) else restore_status(ARGV[12], ARGV[13]) end
    local left = math.max(0, ARGV[8] - ARGV[17])
    write_session(id, { deadline = now_ms + left, started = since(ARGV[15]), idle = ARGV[14] == 'idle', ended = true,
      device = ARGV[9], workspace = ARGV[10] })
    note_session(id, 'disconnected', sessions.live[id] or sessions.over[id], 'disconnected')
    seen_then()
  end
  add_stray(ARGV[10])
  set_channels(id, ARGV[11])
end
-- Also nothing: it is what the device looked at last.
if sessions.live[id] and not had_ended and ARGV[16] ~= '?' then set_of(VIEWED, id, ARGV[16]) end
-- It hears no more what the user's connections are asked, and does not stand for one that does.
if not knows and user.unconfirmed and user.unknowing then
  set('unknowing', whole(math.max(0, tonumber(user.unknowing) - 1)))
end
-- Others, who are there still, have to say so before it counts that this one is not.
local speaks = (knows or heard) and not (is_evicted and is_held)
return reconcile({ cause = 'disconnected', origin = origin_of(id, session and session.device or ARGV[9]),
  held = speaks and knows and ARGV[12] or nil, floor = ARGV[13], evicted = is_new and speaks })
