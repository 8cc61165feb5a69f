-- All sessions of a device are over, and stay so. Needs user/lib.lua and user/settling.lua.
-- ARGV[6] device id
-- ARGV[7] prefix of sessions that may come back: they have no connection that could be slow to end
-- Returns what settle() returns.

local over = {}
for id, session in pairs(stored().live) do
  if session.device == ARGV[6] then over[#over + 1] = id end
end
forget_device(ARGV[6])
if #over > 0 then seen_now() end
for _, id in ipairs(over) do
  local comes_back = string.sub(id, 1, #ARGV[7]) == ARGV[7]
  if comes_back or string.sub(id, 1, 8) == 'foreign:' then
    forget_session(id)
  else
    -- Kept for longer than a node can be cut off without closing its connections. Written over what
    -- is there: an empty key would go, and its time to live with it.
    redis.call('HSET', sessions_key, id, 'off ' .. whole(now_ms + 3600 * 1000))
    sessions.live[id], sessions.off[id] = nil, true
  end
end
return settle({ cause = 'signed_off' })
