-- Members of a due queue that were all due at one time need no check before another one. Nothing
-- happens to one whose time somebody moved meanwhile. Few others should be due at just that time:
-- they are read as well.
--
-- KEYS[1] a due queue: zset, member -> time of the next check (s, to the us)
-- ARGV[1] time at which they are due, ARGV[2] time of the next check
-- ARGV[3] and on: members
-- Returns the members to which it happened.

local is_due, done, moved = {}, {}, {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[1], 'BYSCORE')) do
  is_due[member] = true
end
for i = 3, #ARGV do
  if is_due[ARGV[i]] then
    done[#done + 1] = ARGV[i]
    moved[#moved + 1], moved[#moved + 2] = ARGV[2], ARGV[i]
  end
end
if #moved > 0 then redis.call('ZADD', KEYS[1], unpack(moved)) end
return done
