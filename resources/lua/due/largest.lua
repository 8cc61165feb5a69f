-- The largest members of a zset of counts, and the sum of the rest. Writes nothing.
--
-- KEYS[1] a zset, member -> count
-- ARGV[1] how many members
-- Returns { sum of the rest, { member, count, … } }

local n = tonumber(ARGV[1])
local rest = redis.call('ZREVRANGE', KEYS[1], n, -1, 'WITHSCORES')
local sum = 0
for i = 2, #rest, 2 do sum = sum + tonumber(rest[i]) end
-- A range that ends with -1 is all of it.
return { sum, n > 0 and redis.call('ZREVRANGE', KEYS[1], 0, n - 1, 'WITHSCORES') or {} }
