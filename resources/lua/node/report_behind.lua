-- A node cannot refresh its sessions: for a while they do not expire.
--
-- KEYS[1] presence:nodes:behind  zset  tag of a node -> until when (s)
-- ARGV[1] tag, ARGV[2] for how long (s)

local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
return redis.call('EXPIRE', KEYS[1], ARGV[2] * 2)
