-- Users whose entry in a workspace nobody refreshes: their node died half way.
--
-- KEYS[1] presence:online:W  zset  user -> last heartbeat (s)
-- ARGV[1] PRESENCE_TTL (s)
-- ARGV[2] most users to return
-- Returns { users in the workspace, { user, … } }

local before = redis.call('TIME')[1] - tonumber(ARGV[1])
return {
  redis.call('ZCARD', KEYS[1]),
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. before, 'LIMIT', 0, ARGV[2]),
}
