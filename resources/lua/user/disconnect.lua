-- A session's connection is gone. It says what it knew: Redis may have lost the session, which is then
-- to leave all the same. Needs user/lib.lua and user/reconcile.lua.
-- ARGV[6] session id
-- ARGV[7] OFFLINE_GRACE (ms): it counts as live for so long, in case the device comes back; 0 for
--         at once
-- ARGV[8] device id
-- ARGV[9] workspace id, "" for none
-- ARGV[10] channels that it looked at or typed in, separated by spaces
-- ARGV[11] the client-held status, and ARGV[12] the user's revision that it is from, 0 for none
-- ARGV[13] active or idle, as the session was
-- ARGV[14] since when the session is there (us), 0 when it does not know
-- Returns what reconcile() returns.

local id, till, knows = ARGV[6], now_ms + tonumber(ARGV[7]), ARGV[12] ~= '0'
local session, is_new = stored().live[id], not get('revision')
if session then
  seen_now()
  -- A silent one, too: its node could not refresh it.
  session.deadline = session.ended and math.min(session.deadline, till) or till
  session.ended = true
  write_session(id, session)
elseif not sessions.off[id] and not sessions.over[id] and (knows or get('revision')) then
  if not get('revision') or get('unconfirmed') then
    restore_status(ARGV[11], ARGV[12])
    write_session(id, { deadline = till, started = since(ARGV[14]), idle = ARGV[13] == 'idle', ended = true,
      device = ARGV[8], workspace = ARGV[9] })
    seen_now()
  end
  add_place(ARGV[9])
  set_channels(id, ARGV[10])
end
-- Others, who are there still, have to say so before it counts that this one is not.
local speaks = knows and not (is_lost and is_held)
return reconcile({ cause = 'disconnected', held = speaks and ARGV[11] or nil, floor = ARGV[12],
  lost = is_new and speaks })
