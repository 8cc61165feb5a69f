-- A member of a due queue was checked. Nothing happens when somebody moved its time meanwhile.
--
-- KEYS[1] a due queue: zset, member -> time of the next check (s, to the ms)
-- ARGV[1] member, ARGV[2] time it was due, ARGV[3] time of the next check, 0 for none

if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
if ARGV[3] == '0' then return redis.call('ZREM', KEYS[1], ARGV[1]) end
return redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
