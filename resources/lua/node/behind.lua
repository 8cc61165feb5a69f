-- Nodes that cannot refresh their sessions now. Writes nothing.
--
-- KEYS[1] presence:nodes:behind  zset  tag of a node -> until when (s)
-- Returns their tags.

return redis.call('ZRANGEBYSCORE', KEYS[1], redis.call('TIME')[1], '+inf')
