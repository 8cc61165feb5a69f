-- Members of a due queue were checked. Nothing happens to one whose time somebody moved meanwhile.
--
-- KEYS[1] a due queue: zset, member -> time of the next check (s, to the ms)
-- ARGV    of each: member, time it was due, time of the next check, 0 for none
-- Returns the members to which it happened.

local done = {}
for i = 1, #ARGV, 3 do
  local member, due, check = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if redis.call('ZSCORE', KEYS[1], member) == due then
    done[#done + 1] = member
    if check == '0' then
      redis.call('ZREM', KEYS[1], member)
    else
      redis.call('ZADD', KEYS[1], check, member)
    end
  end
end
return done
