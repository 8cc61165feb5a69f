-- A session stops typing; the user does with its last one. Needs channel/lib.lua.
-- ARGV[6] user id
-- ARGV[7] session id
-- Returns what state() returns.

drop_typing(ARGV[6], function(session) return session == ARGV[7] end)
return state()
