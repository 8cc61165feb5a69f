-- A session that nobody keeps alive is over; others of its device stay. Needs user/lib.lua and
-- user/settling.lua.
-- ARGV[6] session id
-- Returns what settle() returns.

if stored().live[ARGV[6]] then forget_session(ARGV[6]) end
return settle({ cause = 'silent' })
