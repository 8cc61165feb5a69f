-- A session's connection is gone. Needs user/lib.lua and user/settling.lua.
-- ARGV[6] session id
-- ARGV[7] OFFLINE_GRACE (ms): it counts as live for so long, in case the device comes back; 0 for
--         at once
-- Returns what settle() returns.

local session = stored().live[ARGV[6]]
if session then
  seen_now()
  local till = now_ms + tonumber(ARGV[7])
  -- A silent one, too: its node could not refresh it.
  session.deadline = session.ended and math.min(session.deadline, till) or till
  session.ended = true
  write_session(ARGV[6], session)
end
return settle({ cause = 'disconnected' })
