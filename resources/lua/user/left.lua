-- The channels that settle() named were left. Needs user/lib.lua and user/settling.lua.
-- ARGV[6...] pairs of session and channels, as settle() gave them
-- Returns what settle() returns.

local sessions = live_sessions()
local online = next(sessions) ~= nil and not is_hidden(redis.call('HGET', user_key, 'status'))
for i = 6, #ARGV, 2 do
  -- A session that is seen again has entered its channels anew.
  local is_back = online and sessions[ARGV[i]]
  if not is_back and redis.call('HGET', channels_key, ARGV[i]) == ARGV[i + 1] then
    redis.call('HDEL', channels_key, ARGV[i])
  end
end
return settle()
