-- The regular heartbeat of users of whom nothing has to be judged, many at a time: their sessions are
-- known, and others see them. Of all others it changes nothing: user/refresh.lua knows the rules.
--
-- KEYS     of each user: its hash and its devices, as user/lib.lua has them
-- ARGV[1]  PRESENCE_TTL (s)
-- ARGV[2]  1 when there is an archive that can be asked, else 0
-- ARGV[3…] of each user: how many sessions follow, and their ids
-- Returns of each user { time of the next check (s), revision of what was published last }, or 0 where
-- the rules are needed

local ttl, asks_archive = tonumber(ARGV[1]), ARGV[2] == '1'
local time = redis.call('TIME')
local now = tonumber(time[1])
local deadline = string.format('%.0f', (now + ttl) * 1000 + math.floor(time[2] / 1000))

local function judges(user)
  return not user.revision or user.unconfirmed or (user.unasked and asks_archive)
    or user.status == 'invisible' or user.status == 'offline' or not user.seen
    or string.sub(user.seen, 1, 18) == '"status":"offline"'
end

-- What is to be written to the hash, and the devices; nothing when a session is lost or has ended.
local function refreshed(user, sessions)
  local fields, devices = { 'last_seen', time[1] }, {}
  for i, session in ipairs(sessions) do
    local rest, device = string.match(user[session] or '', '^%d+( %d+ [ia] (%S+) .*)$')
    if not rest then return nil end
    user[session] = deadline .. rest
    fields[2 * i + 1], fields[2 * i + 2] = session, user[session]
    devices[2 * i - 1], devices[2 * i] = time[1], device
  end
  return fields, devices
end

-- Should the due queue have lost the user: the first end of a session, those of others too, or of its status.
local function next_check(user)
  local first = tonumber(user.expires_at or math.huge)
  for field, text in pairs(user) do
    if string.sub(field, 1, 8) == 'session:' then
      local ends = tonumber(string.match(text, '^%d+') or math.huge)
      first = math.min(first, math.floor(math.min(ends, (now + ttl) * 1000) / 1000))
    end
  end
  return first
end

local result, at = {}, 3
for i = 1, #KEYS, 2 do
  local count, sessions = tonumber(ARGV[at]), {}
  for j = 1, count do sessions[j] = 'session:' .. ARGV[at + j] end
  at = at + count + 1
  local user, all = {}, redis.call('HGETALL', KEYS[i])
  for j = 1, #all, 2 do user[all[j]] = all[j + 1] end
  local fields, devices
  if not judges(user) then fields, devices = refreshed(user, sessions) end
  if fields then
    redis.call('HSET', KEYS[i], unpack(fields))
    redis.call('ZADD', KEYS[i + 1], unpack(devices))
    redis.call('EXPIRE', KEYS[i + 1], ttl)
    result[#result + 1] = { next_check(user), user.seen_revision or '0' }
  else
    result[#result + 1] = 0
  end
end
return result
