-- Takes or keeps the sweeper's lease, or gives it back. And tells when the clock was set back, after
-- which what is to be checked is not due for long.
--
-- KEYS[1] presence:sweeper:lease  hash  node that sweeps, until (ms), time (s) of the last call,
--                                       back, when the clock was set back and nobody has seen to it,
--                                       reads (as until, of a node that knows the fields until:S of users)
-- ARGV[1] node name, ARGV[2] length of the lease (ms), 0 to give it back
-- Returns { 1 when the node has it, 1 when it is to see to a clock that was set back }

local STEP = 2

local time = redis.call('TIME')
local now = tonumber(time[1])
local now_ms = now * 1000 + math.floor(time[2] / 1000)
local lease = redis.call('HMGET', KEYS[1], 'node', 'until', 'time', 'back', 'reads')
local ends, last = tonumber(lease[2] or 0), tonumber(lease[3] or 0)

local is_back = lease[4] or (last > now + STEP)
redis.call('HSET', KEYS[1], 'time', now)
-- One that ends later than it was ever given for was given by a clock that was set back since. A daemon of
-- before would take sessions for silent that only the regular heartbeat refreshes: it loses the lease to one
-- that knows better.
local is_held = ends > now_ms and ends <= now_ms + 10000 and lease[5] == lease[2]
if is_held and lease[1] ~= ARGV[1] then
  if is_back then redis.call('HSET', KEYS[1], 'back', 1) end
  return { 0, 0 }
end
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[1], 'node', 'until')
  return { 0, 0 }
end
local till = string.format('%.0f', now_ms + ARGV[2])
redis.call('HSET', KEYS[1], 'node', ARGV[1], 'until', till, 'reads', till)
redis.call('HDEL', KEYS[1], 'back')
return { 1, is_back and 1 or 0 }
