-- A user says what it is doing. Needs user/lib.lua and user/settling.lua.
-- ARGV[5] status
-- ARGV[6] custom_message, with ARGV[7] keep|set ("" clears)
-- ARGV[8] emoji, with ARGV[9] keep|set ("" clears)
-- ARGV[10] clear_after (s), 0 for never
-- Returns what settle() returns.

local was_hidden = is_hidden(redis.call('HGET', user_key, 'status'))
redis.call('HSET', user_key, 'status', ARGV[5], 'updated_at', now)

local function write(field, value, action)
  if action ~= 'set' then return end
  if value == '' then
    redis.call('HDEL', user_key, field)
  else
    redis.call('HSET', user_key, field, value)
  end
end
write('custom_message', ARGV[6], ARGV[7])
write('emoji', ARGV[8], ARGV[9])

if ARGV[10] == '0' then
  redis.call('HDEL', user_key, 'expires_at')
else
  redis.call('HSET', user_key, 'expires_at', now + tonumber(ARGV[10]))
end

-- Going into hiding, and coming out of it, is the last that others see of the user.
if is_hidden(ARGV[5]) ~= was_hidden and next((live_sessions())) ~= nil then
  redis.call('HSET', user_key, 'last_seen', now)
end
return settle()
