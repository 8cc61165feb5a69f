-- A device is gone. Needs user/lib.lua.
-- ARGV[5] device id
-- ARGV[6] OFFLINE_GRACE (s): it counts as live for so long, in case it comes back; 0 for at once
-- ARGV[7] session id, "" for whichever it is: when another session speaks for the device by now,
--         it has come back already, and nothing happens
-- Returns what settle() returns.

local device, grace = ARGV[5], tonumber(ARGV[6])
local session = string.match(redis.call('HGET', places_key, device) or '', ' (%S*)$')
if redis.call('ZSCORE', devices_key, device) and (ARGV[7] == '' or ARGV[7] == session) then
  if not is_hidden(redis.call('HGET', user_key, 'status')) then
    redis.call('HSET', user_key, 'last_seen', now)
  end
  if grace > 0 and grace < ttl then
    redis.call('ZADD', devices_key, now - ttl + grace, device)
  elseif grace == 0 then
    redis.call('ZREM', devices_key, device)
  end
end
return settle()
