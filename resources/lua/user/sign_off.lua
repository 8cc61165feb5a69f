-- All sessions of a device are over, and stay so. Needs user/lib.lua and user/settling.lua.
-- ARGV[6] device id
-- ARGV[7] prefix of sessions that may come back: they have no connection that could be slow to end
-- Returns what settle() returns.

local sessions = live_sessions()
redis.call('ZREM', devices_key, ARGV[6])
for id, session in pairs(sessions) do
  if session.device == ARGV[6] then
    seen_now()
    if string.sub(id, 1, #ARGV[7]) == ARGV[7] then
      redis.call('HDEL', sessions_key, id)
    else
      -- Kept for longer than a node can be cut off without closing its connections.
      redis.call('HSET', sessions_key, id, 'off ' .. whole(now_ms + 3600 * 1000))
    end
  end
end
return settle()
