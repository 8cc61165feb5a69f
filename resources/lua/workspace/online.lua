-- A page of the online list, oldest heartbeat first. Writes nothing.
--
-- KEYS[1] presence:online:W  zset  user -> last heartbeat (s)
-- ARGV[1] PRESENCE_TTL (s)
-- ARGV[2] offset, ARGV[3] limit (rows)
-- Returns { total, { user, last heartbeat, … } }

local from = redis.call('TIME')[1] - tonumber(ARGV[1])
return {
  redis.call('ZCOUNT', KEYS[1], from, '+inf'),
  redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', ARGV[2], ARGV[3]),
}
