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

local function judges(revision, unconfirmed, unasked, status, seen)
  return not revision or unconfirmed or (unasked and asks_archive) or status == 'invisible'
    or status == 'offline' or not seen or string.sub(seen, 1, 18) == '"status":"offline"'
end

-- What is to be written to the hash, and the devices; nothing when a session is lost or has ended.
local function refreshed(sessions, texts, first)
  local fields, devices = { 'last_seen', time[1] }, {}
  for i = 1, #sessions do
    local rest, device = string.match(texts[first + i] or '', '^%d+( %d+ [ia] (%S+) .*)$')
    if not rest then return nil end
    fields[2 * i + 1], fields[2 * i + 2] = sessions[i], deadline .. rest
    devices[2 * i - 1], devices[2 * i] = time[1], device
  end
  return fields, devices
end

local KNOWN = 7
local result, at = {}, 3
for i = 1, #KEYS, 2 do
  local count, sessions = tonumber(ARGV[at]), {}
  for j = 1, count do sessions[j] = 'session:' .. ARGV[at + j] end
  at = at + count + 1
  local user = redis.call('HMGET', KEYS[i], 'revision', 'unconfirmed', 'unasked', 'status', 'seen',
    'seen_revision', 'expires_at', unpack(sessions))
  local fields, devices
  if not judges(unpack(user, 1, 5)) then fields, devices = refreshed(sessions, user, KNOWN) end
  if fields then
    redis.call('HSET', KEYS[i], unpack(fields))
    redis.call('ZADD', KEYS[i + 1], unpack(devices))
    redis.call('EXPIRE', KEYS[i + 1], ttl)
    result[#result + 1] = { math.min(now + ttl, tonumber(user[7] or math.huge)), user[6] or '0' }
  else
    result[#result + 1] = 0
  end
end
return result
