-- A session looks away, and types no more; the user leaves with its last one. Needs channel/lib.lua.
-- ARGV[6] user id
-- ARGV[7] session id
-- ARGV[8] 1 when it looks at it by what its connection knows, and ARGV[9] 1 when it types
-- Returns what state() returns.

local function is_over(session) return session == ARGV[7] end
drop_typing(ARGV[6], is_over, ARGV[9] == '1')
drop_views(ARGV[6], is_over, ARGV[8] == '1')
return state()
