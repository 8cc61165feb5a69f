-- A user says what it is doing. Needs user/lib.lua and user/settling.lua.
-- ARGV[6] status
-- ARGV[7] custom_message, with ARGV[8] keep|set ("" clears)
-- ARGV[9] emoji, with ARGV[10] keep|set ("" clears)
-- ARGV[11] clear_after (s), 0 for never
-- Returns what settle() returns, and "had_end" when there was an end, which is taken back.

local had_end = redis.call('HEXISTS', user_key, 'expires_at') == 1
local was_hidden = is_hidden(redis.call('HGET', user_key, 'status'))
redis.call('HSET', user_key, 'status', ARGV[6], 'updated_at', now)

local function write(field, value, action)
  if action ~= 'set' then return end
  if value == '' then
    redis.call('HDEL', user_key, field)
  else
    redis.call('HSET', user_key, field, value)
  end
end
write('custom_message', ARGV[7], ARGV[8])
write('emoji', ARGV[9], ARGV[10])

if ARGV[11] == '0' then
  redis.call('HDEL', user_key, 'expires_at')
else
  redis.call('HSET', user_key, 'expires_at', now + tonumber(ARGV[11]))
end

-- Going into hiding, and coming out of it, is the last that others see of the user.
if is_hidden(ARGV[6]) ~= was_hidden and next((live_sessions())) ~= nil then
  redis.call('HSET', user_key, 'last_seen', now)
end
local step = settle({ tell = true })
step[11] = had_end and ARGV[11] == '0' and 'had_end' or ''
return step
