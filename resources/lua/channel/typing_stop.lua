-- A session stops typing; the user does with its last one. Needs channel/lib.lua.
-- ARGV[6] user id
-- ARGV[7] session id
-- ARGV[8] 1 when it types by what its connection knows: where Redis has lost the channel, watchers are
-- told all the same
-- Returns what state() returns.

drop_typing(ARGV[6], function(session) return session == ARGV[7] end, ARGV[8] == '1')
return state()
