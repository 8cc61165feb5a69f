-- Nodes that cannot refresh their sessions now. Writes nothing.
--
-- KEYS[1] presence:nodes:behind  zset  tag of a node, or rest -> until when (s)
-- Returns { now (s), { tags } }

-- Nobody says it for longer, but by a clock that was set back since.
local LONGEST = 60

local now = redis.call('TIME')[1]
return { now, redis.call('ZRANGEBYSCORE', KEYS[1], now, now + LONGEST) }
