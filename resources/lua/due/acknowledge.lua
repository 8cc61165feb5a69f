-- Members of a due queue were checked. Nothing happens to one whose time somebody moved meanwhile.
--
-- KEYS[1] a due queue: zset, member -> time of the next check (s, to the us)
-- ARGV    of each: member, time it was due, time of the next check, 0 for none
-- Returns the members to which it happened.

local members, done, moved, gone = {}, {}, {}, {}
for i = 1, #ARGV, 3 do members[#members + 1] = ARGV[i] end
local times = redis.call('ZMSCORE', KEYS[1], unpack(members))
for i, member in ipairs(members) do
  local due, check = ARGV[3 * i - 1], ARGV[3 * i]
  if times[i] == due then
    done[#done + 1] = member
    if check == '0' then
      gone[#gone + 1] = member
    else
      moved[#moved + 1], moved[#moved + 2] = check, member
    end
  end
end
if #moved > 0 then redis.call('ZADD', KEYS[1], unpack(moved)) end
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
return done
