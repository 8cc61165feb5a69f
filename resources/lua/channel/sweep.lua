-- Typists that never said stop, viewers that nobody refreshes. Needs channel/lib.lua.
-- Returns what state() returns.

for _, user in ipairs(redis.call('ZRANGEBYSCORE', typing_ends, '-inf', now_ms)) do
  stop_typing(user)
end
-- Members of the set that have no end, for example written by another service.
for _, user in ipairs(redis.call('SMEMBERS', typing_key)) do
  if not redis.call('ZSCORE', typing_ends, user) then stop_typing(user) end
end
for _, user in ipairs(redis.call('ZRANGEBYSCORE', viewers_zset, '-inf', '(' .. (now - view_ttl))) do
  forget_viewer(user)
end
return state()
