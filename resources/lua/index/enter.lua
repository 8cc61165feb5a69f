-- A member begins to live: to be checked when its time is over, unless something is known earlier.
-- Sent before the change itself, it stands for what the change would say, and for the sweeper to
-- find the member should the change be left half done.
--
-- KEYS[1] an index: zset, member -> time of the next check (s, to the ms)
-- ARGV[1] member, ARGV[2] how long it lives (s)

local time = redis.call('TIME')
local check = string.format('%d.%03d', time[1] + ARGV[2], math.floor(time[2] / 1000))
return redis.call('ZADD', KEYS[1], 'NX', check, ARGV[1])
