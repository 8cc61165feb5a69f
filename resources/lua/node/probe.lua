-- Whether this server takes writes: refused as every change is.
--
-- KEYS[1] presence:probe, in a cluster one of this master's slots

return redis.call('SET', KEYS[1], '', 'EX', 60)
