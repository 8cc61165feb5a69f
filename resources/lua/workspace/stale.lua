-- Users whose entry in a workspace nobody refreshes: their node died half way.
--
-- KEYS[1] presence:online:W  zset  user -> last heartbeat (s)
-- ARGV[1] PRESENCE_TTL (s)
-- ARGV[2] most users to return
-- Returns { users in the workspace, { user, … } }

local now = tonumber(redis.call('TIME')[1])
local users = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now - tonumber(ARGV[1]), 'LIMIT', 0, ARGV[2])
-- By a clock that was set back since.
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now + 5, '+inf', 'LIMIT', 0, ARGV[2])) do
  redis.call('ZADD', KEYS[1], now, user)
end
return { redis.call('ZCARD', KEYS[1]), users }
