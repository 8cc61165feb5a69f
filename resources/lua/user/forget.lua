-- A session that nobody keeps alive is over; others of its device stay. Needs user/lib.lua and
-- user/reconcile.lua.
-- ARGV[6] session id
-- ARGV[7] its deadline (ms) when it was found: another one, and it was refreshed since
-- Returns what reconcile() returns.

local session = stored().live[ARGV[6]]
if session and session.deadline == tonumber(ARGV[7]) then forget_session(ARGV[6]) end
return reconcile({ cause = 'silent' })
