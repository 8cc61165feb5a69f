-- Forgets all that is known of a user. What is from before does not come back: its connections, which
-- are told to close, are refused, and so is what the archive says.
--
-- KEYS[1] presence:user:U, KEYS[2] presence:user:U:devices, KEYS[3] presence:user:U:changes
-- KEYS[4] presence:status_expiry, where it is on the same server
-- ARGV[1] user id
-- ARGV[2] for how long that holds (s)
-- ARGV[3] sharded Pub/Sub channel of this user's changes: what its watchers hold is from before, too
-- Returns the time (ms).

-- By a clock that was set back, too.
local before = math.max(tonumber(redis.call('GET', KEYS[1] .. ':erased') or 0),
  tonumber(redis.call('HGET', KEYS[1], 'revision') or 0))
-- Tokens that are refused stay refused, of whichever device.
local signed_off = KEYS[1] .. ':signed_off'
local last = 0
for _, at in ipairs(redis.call('HVALS', signed_off)) do last = math.max(last, tonumber(at)) end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[1] .. ':recalled', KEYS[1] .. ':asked',
  signed_off)
if last > 0 then
  redis.call('HSET', signed_off, '', string.format('%.0f', last))
  redis.call('EXPIRE', signed_off, 30 * 86400)
end
if KEYS[4] then redis.call('ZREM', KEYS[4], ARGV[1]) end
local time = redis.call('TIME')
local us = math.max(before, tonumber(time[1]) * 1000000 + tonumber(time[2]))
local revision = string.format('%.0f', us)
redis.call('SET', KEYS[1] .. ':erased', revision, 'EX', ARGV[2])
redis.call('SPUBLISH', ARGV[3], revision .. '\n{"user_id":"' .. ARGV[1] .. '","status":"offline",'
  .. '"custom_message":null,"emoji":null,"expires_at":null,"kinds":[],"last_seen":null,"updated_at":null,"revision":' .. revision .. '}')
return string.format('%.0f', math.floor(us / 1000))
