-- The regular heartbeat of devices that are known. Needs user/lib.lua.
-- ARGV[5...] device ids
-- Returns { time of the next check (s), devices that are not known any more … }: those were signed
-- off, or lost with Redis' memory.

local unknown = { 0 }
for i = 5, #ARGV do
  if redis.call('ZSCORE', devices_key, ARGV[i]) then
    touch(ARGV[i])
  else
    unknown[#unknown + 1] = ARGV[i]
  end
end
if #unknown - 1 < #ARGV - 4 and not is_hidden(redis.call('HGET', user_key, 'status')) then
  redis.call('HSET', user_key, 'last_seen', now)
end
local oldest = redis.call('ZRANGE', devices_key, 0, 0, 'WITHSCORES')
if #oldest > 0 then unknown[1] = tonumber(oldest[2]) + ttl + 1 end
return unknown
