-- One user: what is stored, what others were told of it, and where it is shown.
--
-- KEYS[1] presence:user:U           hash  status, custom_message, emoji, last_seen, updated_at (s),
--                                         expires_at (s), revision (us, of the newest step),
--                                         seen (what watchers were told last, JSON without braces),
--                                         seen_revision, seen_at (s), left (revision at which it
--                                         left its channels because nobody may see it), places
--                                         (workspaces it is shown in, separated by spaces)
-- KEYS[2] presence:user:U:devices   zset  device -> last heartbeat (s)
-- KEYS[3] presence:user:U:sessions  hash  session -> "deadline started flags device workspace":
--                                         when it is over unless it is refreshed (ms), since when
--                                         it is there (us), i idle or a active followed by e when
--                                         its connection has ended; the workspace may be "". Or
--                                         "off deadline" for one that was signed off.
-- KEYS[4] presence:user:U:channels  hash  session -> channels that it looks at or types in,
--                                         separated by spaces; it may have left some
-- ARGV[1] user id
-- ARGV[2] PRESENCE_TTL (s)
-- ARGV[3] Pub/Sub channel of this user's changes
-- ARGV[4] Pub/Sub channel of all status changes
-- ARGV[5] Pub/Sub channel of the user's own connections
--
-- Every script that changes something ends with settle(): it compares what others are to see with
-- what they were told last, and publishes only a difference. So an event is sent once, whoever
-- calls and however often.

local user_key, devices_key, sessions_key, channels_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local user_id, ttl = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1])
local now_us = now * 1000000 + tonumber(time[2])
local now_ms = math.floor(now_us / 1000)

-- Redis forgets on its own what no node and no sweeper looks after.
local KEEP = ttl + 3600
local NOBODY = '"status":"offline","custom_message":null,"emoji":null'

local function whole(number) return string.format('%.0f', number) end

local function text_or_null(text)
  if text and text ~= '' then return cjson.encode(text) end
  return 'null'
end

local function describe(status, custom_message, emoji)
  return '"status":' .. cjson.encode(status) .. ',"custom_message":' .. text_or_null(custom_message)
    .. ',"emoji":' .. text_or_null(emoji)
end

local function is_hidden(status)
  return status == 'invisible' or status == 'offline'
end

local function shows_online(view)
  return string.sub(view, 1, 18) ~= '"status":"offline"'
end

local function read_session(text)
  local deadline, started, flags, device, workspace =
    string.match(text or '', '^(%d+) (%d+) (%a+) (%S+) (%S*)$')
  if not deadline then return nil end
  return { deadline = tonumber(deadline), started = tonumber(started), device = device,
    workspace = workspace, idle = string.sub(flags, 1, 1) == 'i', ended = #flags == 2 }
end

local function write_session(id, s)
  redis.call('HSET', sessions_key, id, table.concat({ whole(s.deadline), whole(s.started),
    (s.idle and 'i' or 'a') .. (s.ended and 'e' or ''), s.device, s.workspace }, ' '))
end

-- Devices that another service keeps alive in the sorted set are sessions of their own.
local function add_foreign(live, over)
  local known = {}
  for _, s in pairs(live) do known[s.device] = true end
  for _, s in pairs(over) do known[s.device or ''] = true end
  local list = redis.call('ZRANGEBYSCORE', devices_key, '(' .. (now - ttl), '+inf', 'WITHSCORES')
  for i = 1, #list, 2 do
    if not known[list[i]] then
      live['foreign:' .. list[i]] = { deadline = (tonumber(list[i + 1]) + ttl) * 1000, started = 0,
        device = list[i], workspace = '', idle = false }
    end
  end
end

-- All sessions, those that are not over and those that are. Writes nothing.
local function live_sessions()
  local all, live, over = redis.call('HGETALL', sessions_key), {}, {}
  for i = 1, #all, 2 do
    local s = read_session(all[i + 1])
    if s and s.deadline > now_ms then
      live[all[i]] = s
    elseif s or tonumber(string.match(all[i + 1], '^off (%d+)$') or 0) <= now_ms then
      over[all[i]] = s or {}
    end
  end
  add_foreign(live, over)
  return live, over
end

-- device -> its newest session, which speaks for it.
local function newest_sessions(sessions)
  local devices = {}
  for _, s in pairs(sessions) do
    local other = devices[s.device]
    if not other or other.started < s.started then devices[s.device] = s end
  end
  return devices
end

-- Forgets sessions that are over, and devices without a session.
local function prune()
  local sessions, over = live_sessions()
  for id in pairs(over) do redis.call('HDEL', sessions_key, id) end
  local devices = newest_sessions(sessions)
  for _, device in ipairs(redis.call('ZRANGE', devices_key, 0, -1)) do
    if not devices[device] then redis.call('ZREM', devices_key, device) end
  end
  return sessions, devices
end

local function keep()
  redis.call('EXPIRE', devices_key, ttl)
  redis.call('EXPIRE', sessions_key, KEEP)
  redis.call('EXPIRE', channels_key, KEEP)
end

-- last_seen of a user in hiding stays at the moment it hid.
local function seen_now()
  if not is_hidden(redis.call('HGET', user_key, 'status')) then
    redis.call('HSET', user_key, 'last_seen', now)
  end
end

-- The chosen status; away when it is the automatic one and all devices are idle.
local function effective(status, devices)
  if status ~= 'online' or next(devices) == nil then return status end
  for _, s in pairs(devices) do
    if not s.idle then return status end
  end
  return 'away'
end

local function split(text)
  local set = {}
  for word in string.gmatch(text or '', '%S+') do set[word] = true end
  return set
end

-- What watchers were told last, as they are told it.
local function payload(view, last_seen, at, revision)
  return '{"user_id":"' .. user_id .. '",' .. view .. ',"last_seen":' .. (last_seen or 'null')
    .. ',"updated_at":' .. (at or 'null') .. ',"revision":' .. revision .. '}'
end

-- As the user itself sees it.
local function own_view(status, custom_message, emoji, devices)
  local shown = next(devices) == nil and 'offline' or effective(status or 'online', devices)
  return describe(shown, custom_message, emoji)
end

-- { device, last heartbeat (s), … } of those that are live.
local function list_devices(devices)
  local list, shown = redis.call('ZRANGE', devices_key, 0, -1, 'WITHSCORES'), {}
  for i = 1, #list, 2 do
    if devices[list[i]] then
      shown[#shown + 1] = list[i]
      shown[#shown + 1] = list[i + 1]
    end
  end
  return shown
end
