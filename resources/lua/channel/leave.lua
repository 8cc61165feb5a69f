-- A session looks away, and types no more, and so do those of its device that have ended; the user leaves
-- with its last one. Needs channel/lib.lua.
-- ARGV[6] user id
-- ARGV[7] session id
-- ARGV[8] 1 when it looks at it by what its connection knows, and ARGV[9] 1 when it types; "" where it
-- may have begun to type since it looked away, and goes on
-- ARGV[10] sessions of its device that have ended, separated by spaces
-- Returns what state() returns.

local over = { [ARGV[7]] = ARGV[9] ~= '' }
for id in string.gmatch(ARGV[10] or '', '%S+') do over[id] = true end
local function is_over(session) return over[session] end
drop_typing(ARGV[6], is_over, ARGV[9] == '1')
over[ARGV[7]] = true
drop_views(ARGV[6], is_over, ARGV[8] == '1')
return state()
