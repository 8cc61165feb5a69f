-- The clock was set back: members that are due further away than that are to be checked soon, one after
-- the other.
--
-- KEYS[1] a due queue: zset, member -> time of the next check (s, to the us)
-- ARGV[1] how far away (s), ARGV[2] most members at once
-- Returns how many there were.

local now = tonumber(redis.call('TIME')[1])
local longest, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local members = redis.call('ZRANGEBYSCORE', KEYS[1], now + longest, '+inf', 'LIMIT', 0, most)
for i, member in ipairs(members) do
  redis.call('ZADD', KEYS[1], now + i * longest / most, member)
end
return #members
