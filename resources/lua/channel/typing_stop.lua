-- A session stops typing; the user does with its last one. Needs channel/lib.lua.
-- ARGV[6] user id
-- ARGV[7] session id
-- ARGV[8] 1 when it types by what its connection knows: where Redis has lost the channel, watchers are
-- told all the same
-- Returns what state() returns.

local user = ARGV[6]
if ARGV[8] == '1' and redis.call('HEXISTS', viewers_key, '#sequence') == 0 then
  publish('typing', user, 'stop')
end
drop_typing(user, function(session) return session == ARGV[7] end)
return state()
