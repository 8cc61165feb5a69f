-- Users whose entry in a workspace nobody refreshes: their node died half way. Many workspaces at a time
-- where they share a server.
--
-- KEYS    of each workspace: presence:online:W  zset  user -> last heartbeat (s)
-- ARGV[1] PRESENCE_TTL (s)
-- ARGV[2] most users to return of each
-- Returns of each workspace: users in it, -1 where its key cannot be used; { user, … }

local now, most, result = tonumber(redis.call('TIME')[1]), ARGV[2], {}
local from, till = now - ARGV[1], now + 5
for i, key in ipairs(KEYS) do
  local count, users = redis.pcall('ZCARD', key), {}
  if type(count) ~= 'number' then
    count = -1
  elseif redis.call('ZCOUNT', key, from, till) < count then
    users = redis.call('ZRANGEBYSCORE', key, '-inf', '(' .. from, 'LIMIT', 0, most)
    -- By a clock that was set back since.
    for _, user in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. till, '+inf', 'LIMIT', 0, most)) do
      redis.call('ZADD', key, now, user)
    end
  end
  result[2 * i - 1], result[2 * i] = count, users
end
return result
