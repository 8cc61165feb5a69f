-- Takes or keeps the sweeper's lease.
--
-- KEYS[1] presence:sweeper  string  name of the node that sweeps
-- ARGV[1] node name, ARGV[2] length of the lease (ms)
-- Returns 1 when the node has it.

local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
