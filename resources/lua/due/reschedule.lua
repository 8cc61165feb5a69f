-- A member was changed: when it has to be checked next. Only lowers the time, because others may
-- know of something earlier; the sweeper raises it when it has checked. Except where the caller
-- itself had the member checked at once, before the change, and nobody changed it since.
--
-- KEYS[1] a due queue: zset, member -> time of the next check (s, to the us)
-- ARGV[1] member, ARGV[2] time that the caller gave it before (a fraction of its own, below 1),
-- ARGV[3] time of the next check, 0 for none

local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) == tonumber(ARGV[2]) then
  if ARGV[3] == '0' then return redis.call('ZREM', KEYS[1], ARGV[1]) end
  return redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
end
if score and tonumber(score) < 1 then
  -- Another one's, who must not raise it any more; nor must the sweeper, if it is looking now. So
  -- it becomes a time that neither of them knows.
  return redis.call('ZADD', KEYS[1], (tonumber(score) + tonumber(ARGV[2])) / 2, ARGV[1])
end
-- Nor may a sweeper raise it that is looking now and looked before the change.
local time = redis.call('TIME')
local is_due = score and tonumber(score) <= time[1] + time[2] / 1000000
if is_due or ARGV[3] == '0' then
  return score and redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) or 0
end
local changed = redis.call('ZADD', KEYS[1], 'LT', 'CH', ARGV[3], ARGV[1])
-- Nor a heartbeat, that saw the member before the change, though it is to be checked earlier than that.
return changed == 1 and 1 or redis.call('ZINCRBY', KEYS[1], -0.000001, ARGV[1])
