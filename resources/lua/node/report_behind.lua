-- A node cannot refresh its sessions: for a while they do not expire.
--
-- KEYS[1] presence:nodes:behind  zset  tag of a node, or rest -> until when (s)
-- ARGV[1] for how long (s), ARGV[2...] the tag of the node, rest when it refuses heartbeats of devices
-- without a WebSocket, or both

local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[i]) end
return redis.call('EXPIRE', KEYS[1], ARGV[1] * 2)
