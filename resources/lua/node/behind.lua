-- Nodes that cannot refresh their sessions now. Fails where they could not say so: it forgets what is
-- long over.
--
-- KEYS[1] presence:nodes:behind  zset  tag of a node, or rest -> until when (s)
-- Returns { now (s), { tags } }

-- Nobody says it for longer, but by a clock that was set back since.
local LONGEST = 60

local now = redis.call('TIME')[1]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - LONGEST)
return { now, redis.call('ZRANGEBYSCORE', KEYS[1], now, now + LONGEST) }
