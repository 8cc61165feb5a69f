-- Takes or keeps the sweeper's lease, or gives it back.
--
-- KEYS[1] presence:sweeper  string  name of the node that sweeps
-- ARGV[1] node name, ARGV[2] length of the lease (ms), 0 to give it back
-- Returns 1 when the node has it.

local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
