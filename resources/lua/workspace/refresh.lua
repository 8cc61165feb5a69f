-- The regular heartbeat of users in a workspace.
--
-- KEYS[1] presence:online:W     zset  user -> last heartbeat (s)
-- KEYS[2] presence:workspace:W  hash  user -> meta
-- ARGV    user ids
-- Returns the users that are not shown in the workspace though their device is in it: hidden
-- ones, and those whose entry was lost.

local now = redis.call('TIME')[1]
local missing = {}
for _, user in ipairs(ARGV) do
  if redis.call('HEXISTS', KEYS[2], user) == 1 then
    redis.call('ZADD', KEYS[1], now, user)
  else
    missing[#missing + 1] = user
  end
end
redis.call('EXPIRE', KEYS[2], 86400)
return missing
