-- A page of the online list, oldest heartbeat first. Writes nothing.
--
-- KEYS[1] presence:online:W     zset  user -> last heartbeat (s)
-- KEYS[2] presence:workspace:W  hash  user -> meta
-- ARGV[1] PRESENCE_TTL (s)
-- ARGV[2] offset, ARGV[3] limit (rows)
-- Returns { total, { user, last heartbeat, … } }

local MANY = 200

local from = redis.call('TIME')[1] - tonumber(ARGV[1])
local offset, limit = tonumber(ARGV[2]), tonumber(ARGV[3])

-- A user whose node could not refresh it is online until an offline event is published. What another
-- service wrote and does not refresh has expired; it is never much, as the sweeper removes it.
local silent = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. from)
if silent > MANY then
  return { redis.call('ZCARD', KEYS[1]),
    redis.call('ZRANGE', KEYS[1], offset, offset + limit - 1, 'WITHSCORES') }
end
local rows, count = {}, 0
if silent > 0 then
  local list = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. from, 'WITHSCORES')
  for i = 1, #list, 2 do
    if redis.call('HEXISTS', KEYS[2], list[i]) == 1 then
      count = count + 1
      if count > offset and count <= offset + limit then
        rows[#rows + 1], rows[#rows + 2] = list[i], list[i + 1]
      end
    end
  end
end
local left = limit - #rows / 2
if left > 0 then
  local fresh = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT',
    math.max(0, offset - count), left)
  for _, field in ipairs(fresh) do rows[#rows + 1] = field end
end
return { count + redis.call('ZCOUNT', KEYS[1], from, '+inf'), rows }
