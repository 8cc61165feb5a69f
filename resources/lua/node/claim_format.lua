-- Which format the data has: a daemon that knows a newer one writes that from now on.
--
-- KEYS[1] presence:format  string  number of the format
-- ARGV[1] the newest that the caller knows
-- Returns the newest that any daemon has written.

local newest = tonumber(redis.call('GET', KEYS[1]) or 0)
if newest >= tonumber(ARGV[1]) then return newest end
redis.call('SET', KEYS[1], ARGV[1])
return tonumber(ARGV[1])
