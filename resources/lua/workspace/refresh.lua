-- The regular heartbeat of users in a workspace.
--
-- KEYS[1] presence:online:W     zset  user -> last heartbeat (s)
-- KEYS[2] presence:workspace:W  hash  user -> meta
-- ARGV    user id, revision of what was told of the user last, or 0 when it is not known; …
-- Returns the users that are not shown in the workspace though their device is in it, or are shown
-- as they were before: hidden ones, and those whose entry or last change was lost on the way.

local now = redis.call('TIME')[1]
local missing = {}
for i = 1, #ARGV, 2 do
  local user, revision = ARGV[i], tonumber(ARGV[i + 1])
  local meta = redis.call('HGET', KEYS[2], user)
  if meta then redis.call('ZADD', KEYS[1], now, user) end
  if not meta or tonumber(string.match(meta, '^{"phx_ref":"(%d+)"')) < revision then
    missing[#missing + 1] = user
  end
end
redis.call('EXPIRE', KEYS[2], 86400)
return missing
