-- A member begins to live: to be checked when its time is over, or earlier where it was to be already.
-- Sent before the change itself, it stands for what the change would say, and for the sweeper to
-- find the member should the change be left half done.
--
-- KEYS[1] a due queue: zset, member -> time of the next check (s, to the us)
-- ARGV[1] member, ARGV[2] how long it lives (s)

local time = redis.call('TIME')
local check = string.format('%d.%03d', time[1] + ARGV[2], math.floor(time[2] / 1000))
if redis.call('ZADD', KEYS[1], 'NX', check, ARGV[1]) == 1 then return 1 end
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if tonumber(score) <= time[1] + time[2] / 1000000 then
  -- A sweeper may be looking now, and forget the member for what it found before. It stays due, by a
  -- time that the sweeper does not know.
  return redis.call('ZADD', KEYS[1], string.format('%d.%06d', time[1], time[2]), ARGV[1])
end
return redis.call('ZADD', KEYS[1], 'LT', check, ARGV[1])
