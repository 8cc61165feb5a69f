-- A session looks away; the user leaves with its last one. Needs channel/lib.lua.
-- ARGV[6] user id
-- ARGV[7] session id
-- ARGV[8] 1 when it looks at it by what its connection knows
-- Returns what state() returns.

drop_views(ARGV[6], function(session) return session == ARGV[7] end, ARGV[8] == '1')
return state()
