-- A page of who looks at the channel, or types in it. Needs channel/lib.lua.
--
-- KEYS[8] presence:view_order:C  zset  user -> 0: the users of KEYS[1] in the order of their ids, of a
--                                      channel with many, for some seconds
-- ARGV[6] offset, ARGV[7] limit (rows)
-- ARGV[8] the user to go on after, instead of the offset, or ""
-- ARGV[9] viewers | typing: of those who type 1,000 at most, who are never as many
-- Returns { total, { user, … }, whole 0|1, the user to go on after, "" at the end }: of a list that is not
-- long all of it, in no order, for the daemon to put in order and to cut, which Lua takes long for

-- A list of more is not put in order for each that asks: who comes is in it some seconds later.
local MANY, KEEP_ORDER = 1000, 5

local offset, limit, after = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]

local function whole(users) return { #users, users, 1, '' } end

if ARGV[9] == 'typing' then
  local users, known = redis.call('ZRANGE', typing_ends, 0, MANY - 1), {}
  for _, user in ipairs(users) do known[user] = true end
  -- Those whom another service wrote.
  local others = redis.call('SCARD', typing_key) <= MANY and redis.call('SMEMBERS', typing_key) or {}
  for _, user in ipairs(others) do
    if not known[user] then users[#users + 1] = user end
  end
  return whole(users)
end

local total = redis.call('HLEN', viewers_key)
for _, counter in ipairs(redis.call('HMGET', viewers_key, '^sequence', '^since')) do
  if counter then total = total - 1 end
end

-- False where Redis refuses to write.
local function put_in_order()
  if redis.call('EXISTS', KEYS[8]) == 1 then return true end
  local made = redis.pcall('ZUNIONSTORE', KEYS[8], 1, viewers_zset, 'WEIGHTS', 0)
  if type(made) == 'table' then return false end
  redis.call('EXPIRE', KEYS[8], KEEP_ORDER)
  return true
end

if total <= MANY or not put_in_order() then
  local users = {}
  for _, user in ipairs(redis.call('HKEYS', viewers_key)) do
    if string.sub(user, 1, 1) ~= '^' then users[#users + 1] = user end
  end
  return whole(users)
end

local position = after == '' and offset or 0
local function read(from, count)
  if after == '' then return redis.call('ZRANGE', KEYS[8], from, from + count - 1) end
  return redis.call('ZRANGEBYLEX', KEYS[8], '(' .. after, '+', 'LIMIT', from, count)
end

-- Some may have gone since it was put in order.
local users, rows = read(position, limit), {}
local metas = #users > 0 and redis.call('HMGET', viewers_key, unpack(users)) or {}
for i, user in ipairs(users) do
  if metas[i] then rows[#rows + 1] = user end
end
local last = #users == limit and #read(position + limit, 1) > 0 and users[#users] or ''
return { total, rows, 0, last }
