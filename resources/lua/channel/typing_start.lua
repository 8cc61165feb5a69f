-- A user types; said again, it goes on typing without a word. Needs channel/lib.lua.
-- ARGV[6] user id
-- Returns what state() returns.

local user = ARGV[6]
redis.call('ZADD', typing_ends, now_ms + typing_ttl * 1000, user)
if redis.call('SADD', typing_key, user) == 1 then publish_typing(user, 'start') end
-- For readers of the set: it never outlives its typists by much.
redis.call('EXPIRE', typing_key, typing_ttl + 60)
redis.call('EXPIRE', typing_ends, typing_ttl + 60)
return state()
