-- What is to be checked now. Writes nothing.
--
-- KEYS[1] a due queue: zset, member -> time of the next check (s, to the us)
-- ARGV[1] most members to return
-- Returns { member, time, … }

local time = redis.call('TIME')
local now = string.format('%d.%03d', time[1], math.floor(time[2] / 1000))
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
