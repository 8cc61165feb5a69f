-- A page of the online list, by user id: whoever is there throughout is in the pages exactly once.
--
-- KEYS[1] presence:online:W     zset  user -> last heartbeat (s)
-- KEYS[2] presence:workspace:W  hash  user -> meta
-- KEYS[3] presence:order:W      zset  user -> 0: the users of KEYS[1] in the order of their ids, while
--                                     somebody reads pages; workspace/put.lua keeps it
-- ARGV[1] PRESENCE_TTL (s)
-- ARGV[2] offset, ARGV[3] limit (rows)
-- ARGV[4] the user to go on after, instead of the offset, or ""
-- Returns { total, { user, last heartbeat, … }, the user to go on after, "" at the end }

local KEEP = 60
-- A list of more is not put in order more than once a second.
local MANY = 1000

local from = redis.call('TIME')[1] - tonumber(ARGV[1])
local offset, limit, after = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local size = redis.call('ZCARD', KEYS[1])

-- A user whose node could not refresh it is online until an offline event is published. What another
-- service wrote and does not refresh has expired; it is never much, as the sweeper removes it.
local silent = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. from, 'LIMIT', 0, MANY)
local expired, names = {}, {}
for _, user in ipairs(#silent < MANY and silent or {}) do
  if redis.call('HEXISTS', KEYS[2], user) == 0 then expired[user], names[#names + 1] = true, user end
end
local total = size - #names

-- What is there and not in the order another service wrote, or it was lost.
local function put_in_order()
  local is_recent = size > MANY and redis.call('PTTL', KEYS[3]) > (KEEP - 1) * 1000
  if is_recent or redis.call('ZCARD', KEYS[3]) == total then return true end
  local made = redis.pcall('ZUNIONSTORE', KEYS[3], 1, KEYS[1], 'WEIGHTS', 0)
  if type(made) == 'table' then return false end
  if #names > 0 then redis.call('ZREM', KEYS[3], unpack(names)) end
  redis.call('EXPIRE', KEYS[3], KEEP)
  return true
end

-- By bytes, as ZRANGEBYLEX does it: Lua goes by the locale.
local function is_less(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- Where Redis refuses to write.
local function sort()
  local rest = {}
  for _, user in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if not expired[user] and is_less(after, user) then rest[#rest + 1] = user end
  end
  table.sort(rest, is_less)
  return rest
end
local sorted = not put_in_order() and sort() or nil

-- `count` users from `position` on, or after `after`.
local function read(position, count)
  if sorted then return { unpack(sorted, position + 1, math.min(#sorted, position + count)) } end
  if after == '' then return redis.call('ZRANGE', KEYS[3], position, position + count - 1) end
  return redis.call('ZRANGEBYLEX', KEYS[3], '(' .. after, '+', 'LIMIT', position, count)
end

-- Of a long list some may have gone since it was put in order.
local rows, last = {}, ''
local position = after == '' and offset or 0
repeat
  local wanted = limit - #rows / 2
  local users = read(position, wanted)
  local beats = #users > 0 and redis.call('ZMSCORE', KEYS[1], unpack(users)) or {}
  for i, user in ipairs(users) do
    if beats[i] and not expired[user] then
      rows[#rows + 1], rows[#rows + 2], last = user, beats[i], user
    end
  end
  position = position + #users
until #rows / 2 == limit or #users < wanted or (after == '' and last ~= '')
if #read(position, 1) == 0 then last = '' end
return { total, rows, last }
