-- Entries are done with: gone, unless another group has yet to read them.
--
-- KEYS[1] presence:stream               stream
-- KEYS[2] presence:stream:acknowledged  string  how many entries have gone like this
-- ARGV[1] consumer group
-- ARGV[2...] ids of entries

local stream, ids = KEYS[1], {}
for i = 2, #ARGV do ids[#ids + 1] = ARGV[i] end
redis.call('XACK', stream, ARGV[1], unpack(ids))
if #redis.call('XINFO', 'GROUPS', stream) == 1 then
  redis.call('INCRBY', KEYS[2], redis.call('XDEL', stream, unpack(ids)))
end
