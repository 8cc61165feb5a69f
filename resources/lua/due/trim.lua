-- Forgets members that nobody has confirmed for a minute.
--
-- KEYS[1] zset, member -> until when it holds (s)

return redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', redis.call('TIME')[1] - 60)
