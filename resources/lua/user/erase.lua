-- Forgets all of a user that nobody is connected as any more.
--
-- KEYS[1] presence:user:U, KEYS[2] presence:user:U:devices, KEYS[3] presence:user:U:changes
-- KEYS[4] presence:status_expiry, where it is on the same server
-- ARGV[1] user id
-- ARGV[2] sharded Pub/Sub channel of the user's own connections
-- Returns the time (ms), or "" while one is connected.

if redis.call('PUBSUB', 'SHARDNUMSUB', ARGV[2])[2] > 0 then return '' end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[1] .. ':recalled', KEYS[1] .. ':asked')
if KEYS[4] then redis.call('ZREM', KEYS[4], ARGV[1]) end
local time = redis.call('TIME')
return string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
