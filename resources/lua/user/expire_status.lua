-- Reverts a status whose clear_after is over; does nothing when it is not. Needs user/lib.lua and
-- user/settling.lua.
-- Returns what settle() returns.

local expires_at = tonumber(redis.call('HGET', user_key, 'expires_at') or 0)
if expires_at > 0 and expires_at <= now then
  -- Who comes out of hiding is seen.
  if is_hidden(redis.call('HGET', user_key, 'status')) and next((live_sessions())) ~= nil then
    redis.call('HSET', user_key, 'last_seen', now)
  end
  redis.call('HDEL', user_key, 'expires_at', 'custom_message', 'emoji')
  redis.call('HSET', user_key, 'status', 'online', 'updated_at', now)
  return settle({ tell = true })
end
return settle()
