-- Typists that never said stop, viewers that nobody refreshes. Needs channel/lib.lua.
-- ARGV[6] 1 to leave the viewers alone: nobody could refresh them
-- Returns what state() returns.

for _, user in ipairs(redis.call('ZRANGEBYSCORE', typing_ends, '-inf', now_ms)) do
  forget_typist(user)
end
-- Members of the set that have no end, for example written by another service.
for _, user in ipairs(redis.call('SMEMBERS', typing_key)) do
  if not redis.call('ZSCORE', typing_ends, user) then forget_typist(user) end
end
if ARGV[6] == '0' then
  local before = '(' .. (now - view_ttl)
  for _, user in ipairs(redis.call('ZRANGEBYSCORE', viewers_zset, '-inf', before)) do
    forget_viewer(user)
  end
end
return state()
