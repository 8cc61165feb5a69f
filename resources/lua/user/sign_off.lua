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
  forget_session(id)
  if string.sub(id, 1, #ARGV[7]) ~= ARGV[7] and string.sub(id, 1, 8) ~= 'foreign:' then
    -- Kept for longer than a node can be cut off without closing its connections.
    redis.call('HSET', sessions_key, id, 'off ' .. whole(now_ms + 3600 * 1000))
  end
end
return settle()
