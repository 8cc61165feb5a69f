-- One user: what is stored, what others were told of it, and where it is shown.
--
-- KEYS[1] presence:user:U           hash  status, custom_message, emoji, last_seen, updated_at (s),
--                                         expires_at (s), revision (us, of the newest step),
--                                         seen (what watchers were told last, JSON without braces),
--                                         seen_revision, seen_at (s), left (revision at which it
--                                         left its channels because nobody may see it), places
--                                         (workspaces it is shown in, separated by spaces), kept
--                                         (revision of the status that a connection had kept),
--                                         lost (ms, since when its sessions are missing), flips
--                                         (since when (s) and how often it came or went), cause
--                                         (why it is leaving its channels)
-- KEYS[2] presence:user:U:devices   zset  device -> last heartbeat (s)
-- KEYS[3] presence:user:U:sessions  hash  session -> "deadline started flags device workspace":
--                                         when it is over unless it is refreshed (ms), since when
--                                         it is there (us), i idle or a active followed by e when
--                                         its connection has ended; the workspace may be "". Or
--                                         "off deadline" for one that was signed off.
-- KEYS[4] presence:user:U:channels  hash  session -> channels that it looks at or types in,
--                                         separated by spaces; it may have left some
-- KEYS[5] presence:user:U:changes   list  "time (s) seen chosen cause", the newest first: what others
--                                         saw, or the user said, for operators
-- ARGV[1] user id
-- ARGV[2] PRESENCE_TTL (s)
-- ARGV[3] sharded Pub/Sub channel of this user's changes
-- ARGV[4] Pub/Sub channel of all status changes, "" for none
-- ARGV[5] sharded Pub/Sub channel of the user's own connections
--
-- Every script that changes something ends with settle(): it compares what others are to see with
-- what they were told last, and publishes only a difference. So an event is sent once, whoever
-- calls and however often.
--
-- Calls of Redis are most of what a script costs: each key is read once, when it is first asked
-- for, and what changes in it goes through the functions here.

local user_key, devices_key, sessions_key, channels_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local changes_key = KEYS[5]
local user_id, ttl = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1])
local now_us = now * 1000000 + tonumber(time[2])
local now_ms = math.floor(now_us / 1000)

-- Redis forgets on its own what no node and no sweeper looks after.
local KEEP = ttl + 3600
local NOBODY = '"status":"offline","custom_message":null,"emoji":null'

local function whole(number) return string.format('%.0f', number) end

local FIELDS = { 'status', 'custom_message', 'emoji', 'last_seen', 'updated_at', 'expires_at',
  'revision', 'seen', 'seen_revision', 'seen_at', 'left', 'places', 'kept',
  'lost', 'flips', 'cause' }
local user, unsaved = nil, {}

-- A field of the user's hash, or nil.
local function get(field)
  if not user then
    user = {}
    local values = redis.call('HMGET', user_key, unpack(FIELDS))
    for i, name in ipairs(FIELDS) do user[name] = values[i] or nil end
  end
  return user[field]
end

-- nil takes the field away. Written by save().
local function set(field, value)
  if get(field) ~= value then user[field], unsaved[field] = value, true end
end

local function save()
  local written, gone = {}, {}
  for field in pairs(unsaved) do
    if user[field] == nil then
      gone[#gone + 1] = field
    else
      written[#written + 1], written[#written + 2] = field, user[field]
    end
  end
  if #written > 0 then redis.call('HSET', user_key, unpack(written)) end
  if #gone > 0 then redis.call('HDEL', user_key, unpack(gone)) end
  unsaved = {}
end

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

-- Set by the sweeper's script alone: the tags of nodes that are behind, which could not refresh their
-- sessions. Only there does a session expire; everywhere else a silent one is live.
local behind

local function is_silent(s)
  return s.deadline <= now_ms and not s.ended
end

-- Devices without a WebSocket may have called any of the nodes, and one that refused a heartbeat says
-- so with a tag for them.
local function may_expire(id)
  return not behind[string.sub(id, 1, 5) == 'rest:' and 'rest' or string.match(id, '^(%x+)%-') or '']
end

local function by_deadline(sessions, id, s)
  local is_over = s.deadline <= now_ms and (s.ended or (behind and may_expire(id)))
  return is_over and sessions.over or sessions.live
end

-- What is stored of sessions and devices: live, over: session -> what it is; off: session -> true,
-- for one that was signed off; scores: device -> last heartbeat (s); none: there was nothing.
local sessions

-- Devices that another service keeps alive in the sorted set are sessions of their own.
local function read_devices(known)
  local list = redis.call('ZRANGE', devices_key, 0, -1, 'WITHSCORES')
  for i = 1, #list, 2 do
    local device, beat = list[i], tonumber(list[i + 1])
    sessions.scores[device] = list[i + 1]
    if not known[device] and beat > now - ttl then
      sessions.live['foreign:' .. device] = { deadline = (beat + ttl) * 1000, started = 0,
        device = device, workspace = '', idle = false }
    end
  end
end

local function stored()
  if sessions then return sessions end
  sessions = { live = {}, over = {}, off = {}, scores = {} }
  local all, known = redis.call('HGETALL', sessions_key), {}
  sessions.none = #all == 0
  for i = 1, #all, 2 do
    local id, text = all[i], all[i + 1]
    local s = read_session(text)
    if s then
      known[s.device] = true
      by_deadline(sessions, id, s)[id] = s
    elseif tonumber(string.match(text, '^off (%d+)$') or 0) > now_ms then
      sessions.off[id] = true
    else
      sessions.over[id] = {}
    end
  end
  read_devices(known)
  return sessions
end

local function write_session(id, s)
  redis.call('HSET', sessions_key, id, table.concat({ whole(s.deadline), whole(s.started),
    (s.idle and 'i' or 'a') .. (s.ended and 'e' or ''), s.device, s.workspace }, ' '))
  if not sessions then return end
  sessions.live[id], sessions.over[id], sessions.live['foreign:' .. s.device] = nil, nil, nil
  by_deadline(sessions, id, s)[id] = s
end

local function forget_session(id)
  redis.call('HDEL', sessions_key, id)
  sessions.live[id], sessions.over[id] = nil, nil
end

local function beat(device)
  redis.call('ZADD', devices_key, now, device)
  if sessions then sessions.scores[device] = whole(now) end
end

local function forget_device(device)
  redis.call('ZREM', devices_key, device)
  sessions.scores[device] = nil
end

-- device -> its newest session, which speaks for it.
local function newest_sessions(live)
  local devices = {}
  for _, s in pairs(live) do
    local other = devices[s.device]
    if not other or other.started < s.started then devices[s.device] = s end
  end
  return devices
end

-- Silent sessions keep a user online, but bring nobody back.
local function is_present(live)
  for _, s in pairs(live) do
    if not is_silent(s) then return true end
  end
  return next(live) ~= nil and shows_online(get('seen') or NOBODY)
end

-- The devices that make a user online, or would if it were not hidden.
local function present_devices(live)
  return (is_present(live) or is_hidden(get('status'))) and newest_sessions(live) or {}
end

-- Forgets sessions that are over, and devices without a session. Returns the other sessions.
local function prune()
  for id in pairs(stored().over) do forget_session(id) end
  local devices = newest_sessions(sessions.live)
  for device in pairs(sessions.scores) do
    if not devices[device] then forget_device(device) end
  end
  return sessions.live
end

-- session -> channels, separated by spaces
local channels
local function stored_channels()
  if channels then return channels end
  channels = {}
  local all = redis.call('HGETALL', channels_key)
  for i = 1, #all, 2 do channels[all[i]] = all[i + 1] end
  return channels
end

-- nil for none
local function set_channels(id, text)
  if stored_channels()[id] == text then return end
  channels[id] = text
  if text then
    redis.call('HSET', channels_key, id, text)
    redis.call('EXPIRE', channels_key, KEEP)
  else
    redis.call('HDEL', channels_key, id)
  end
end

local function keep()
  redis.call('EXPIRE', devices_key, ttl)
  if redis.call('TTL', sessions_key) > KEEP - 1800 then return end
  redis.call('EXPIRE', sessions_key, KEEP)
  redis.call('EXPIRE', channels_key, KEEP)
end

-- last_seen of a user in hiding stays at the moment it hid.
local function seen_now()
  if not is_hidden(get('status')) then set('last_seen', whole(now)) end
end

-- The chosen status; away when it is the automatic one and all devices are idle. And which rule it
-- was that decided.
local function effective(status, devices)
  if is_hidden(status) then return status, 'hidden' end
  if status ~= 'online' then return status, 'chosen' end
  if next(devices) == nil then return status, 'no_device' end
  for _, s in pairs(devices) do
    if not s.idle then return status, 'active' end
  end
  return 'away', 'all_idle'
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
local function own_view(devices)
  local shown = next(devices) == nil and 'offline' or effective(get('status') or 'online', devices)
  return describe(shown, get('custom_message'), get('emoji'))
end

local function status_of(view)
  return string.match(view, '^"status":"(%a+)"')
end

-- The status as chosen, for the user's connections to keep in case Redis loses it; "" for none.
local function status_to_keep()
  local status, message, emoji = get('status') or 'online', get('custom_message'), get('emoji')
  if status == 'online' and not message and not emoji then return '' end
  return cjson.encode({ status, message or '', emoji or '', get('expires_at') or '0' })
end

-- Nothing happens when the user has said something since, or another connection kept something
-- later.
local function restore_status(kept, revision)
  if kept == '' or get('updated_at') or tonumber(get('kept') or 0) >= tonumber(revision) then
    return
  end
  local status, message, emoji, expires_at = unpack(cjson.decode(kept))
  if expires_at ~= '0' and tonumber(expires_at) <= now then return end
  set('status', status)
  set('custom_message', message ~= '' and message or nil)
  set('emoji', emoji ~= '' and emoji or nil)
  set('expires_at', expires_at ~= '0' and expires_at or nil)
  set('kept', revision)
end

-- { device, last heartbeat (s), … } of those that are live, the latest last.
local function list_devices(devices)
  local scores, names, shown = stored().scores, {}, {}
  for device in pairs(scores) do
    if devices[device] then names[#names + 1] = device end
  end
  table.sort(names, function(a, b)
    local x, y = tonumber(scores[a]), tonumber(scores[b])
    if x == y then return a < b end
    return x < y
  end)
  for _, device in ipairs(names) do
    shown[#shown + 1], shown[#shown + 2] = device, scores[device]
  end
  return shown
end
