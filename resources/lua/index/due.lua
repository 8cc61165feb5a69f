-- What is to be checked now. Writes nothing.
--
-- KEYS[1] an index: zset, member -> time of the next check (s)
-- ARGV[1] most members to return
-- Returns { member, time, … }

local now = redis.call('TIME')[1]
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
