-- Whether anybody consumes the change stream, and that the caller goes on doing so.
--
-- KEYS[1] presence:stream:consumers  zset  consumer group -> until when changes are kept for it (s)
-- ARGV[1] consumer group of the caller, "" for none
-- ARGV[2] for how long (s)
-- Returns how many there are.

local now = tonumber(redis.call('TIME')[1])
if ARGV[1] ~= '' then redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1]) end
return redis.call('ZCOUNT', KEYS[1], now, '+inf')
