-- A session that nobody keeps alive is over; others of its device stay. Needs user/lib.lua and
-- user/reconcile.lua.
-- ARGV[7] session id
-- ARGV[8] its deadline (ms) when it was found: another one, and it was refreshed since
-- ARGV[9] who does it, as in user/sign_off.lua
-- Returns what reconcile() returns.

local session = stored().live[ARGV[7]]
if session and session.deadline == tonumber(ARGV[8]) then forget_session(ARGV[7], 'silent') end
return reconcile({ cause = 'silent', origin = session and origin_of(ARGV[7], session.device, ARGV[9]) })
