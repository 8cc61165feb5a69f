-- A device is here: after a join, a REST heartbeat, or a repair. Needs user/lib.lua.
-- ARGV[5] device id
-- ARGV[6] workspace id, "" for none
-- ARGV[7] session id: the connection that speaks for the device from now on
-- ARGV[8] most live devices a user may have
-- Returns what settle() returns, or the error TOOMANYDEVICES.

local device, workspace = ARGV[5], ARGV[6]
prune()
if not redis.call('ZSCORE', devices_key, device)
  and redis.call('ZCARD', devices_key) >= tonumber(ARGV[8]) then
  return redis.error_reply('TOOMANYDEVICES the user has too many devices')
end
redis.call('HSET', places_key, device, workspace .. ' ' .. ARGV[7])
touch(device)
-- last_seen of a user in hiding stays at the moment it hid.
if not is_hidden(redis.call('HGET', user_key, 'status')) then
  redis.call('HSET', user_key, 'last_seen', now)
end
return settle()
