-- Takes or keeps the sweeper's lease, or gives it back. And tells when the clock was set back, after
-- which what is to be checked is not due for long.
--
-- KEYS[1] presence:sweeper:lease  hash  reader (node that sweeps), reads (until when, ms), node and until (the
--                                       same for daemons of before), time (s) of the last call, back, when
--                                       the clock was set back and nobody has seen to it
-- ARGV[1] node name, ARGV[2] length of the lease (ms), 0 to give it back
-- Returns { 1 when the node has it, 1 when it is to see to a clock that was set back }

local STEP = 2
-- The longest that anybody believes. A daemon of before does not know the fields until:S of users and would
-- take sessions for silent that only the regular heartbeat refreshes: it takes a lease that was given back,
-- or whose holder is gone, only when no other was there for so long to take it.
local LONGEST = 10000
-- What the clock may be set back by within a lease.
local SLACK = 2000

local time = redis.call('TIME')
local now = tonumber(time[1])
local now_ms = now * 1000 + math.floor(time[2] / 1000)
local lease = redis.call('HMGET', KEYS[1], 'reader', 'reads', 'time', 'back')
local ends, last = tonumber(lease[2] or 0), tonumber(lease[3] or 0)

local is_back = lease[4] or (last > now + STEP)
redis.call('HSET', KEYS[1], 'time', now)
-- One that ends later than it was ever given for was given by a clock that was set back since.
local is_held = ends > now_ms and ends <= now_ms + LONGEST
if is_held and lease[1] ~= ARGV[1] then
  if is_back then redis.call('HSET', KEYS[1], 'back', 1) end
  return { 0, 0 }
end
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[1], 'reader', 'reads')
  return { 0, 0 }
end
redis.call('HSET', KEYS[1], 'reader', ARGV[1], 'reads', string.format('%.0f', now_ms + ARGV[2]),
  'node', ARGV[1], 'until', string.format('%.0f', now_ms + LONGEST - SLACK))
redis.call('HDEL', KEYS[1], 'back')
return { 1, is_back and 1 or 0 }
