-- One channel: who looks at it and who is typing in it.
--
-- KEYS[1] presence:channel:C          zset  user -> last refresh (s)
-- KEYS[2] presence:channel:C:viewers  hash  user -> meta (JSON); "#sequence" counts changes
-- KEYS[3] presence:channel:C:devices  hash  user -> "session=last refresh (s) …", the connections
--                                           of its devices that look at the channel
-- KEYS[4] typing:C                    set   users typing
-- KEYS[5] presence:typing:C           zset  user -> end of typing (ms)
-- ARGV[1] channel id
-- ARGV[2] VIEW_TTL (s)
-- ARGV[3] TYPING_TTL (s)
-- ARGV[4] Pub/Sub channel of this channel's changes
-- ARGV[5] Pub/Sub channel of all typing

local viewers_zset, viewers_key, devices_key, typing_key, typing_ends =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local channel_id, view_ttl, typing_ttl = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1])
local now_us = now * 1000000 + tonumber(time[2])
local now_ms = math.floor(now_us / 1000)

-- Redis forgets a channel on its own when every node that knew it is gone.
local KEEP = view_ttl + 60

local function keep()
  redis.call('EXPIRE', viewers_zset, KEEP)
  redis.call('EXPIRE', viewers_key, KEEP)
  redis.call('EXPIRE', devices_key, KEEP)
end

-- A sequence begins at the time, so that it still grows when the key was evicted.
local function next_sequence()
  if redis.call('HEXISTS', viewers_key, '#sequence') == 0 then
    redis.call('HSET', viewers_key, '#sequence', string.format('%.0f', now_us))
  end
  redis.call('EXPIRE', viewers_key, KEEP)
  return string.format('%.0f', redis.call('HINCRBY', viewers_key, '#sequence', 1))
end

-- kind view: `what` is the meta, or "" when the user left; kind typing: start or stop.
local function publish(kind, user, what)
  redis.call('PUBLISH', ARGV[4], table.concat({ next_sequence(), kind, user, what }, '\n'))
end

local function read_sessions(user)
  local sessions = {}
  for session, at in string.gmatch(redis.call('HGET', devices_key, user) or '', '(%S+)=(%d+)') do
    if tonumber(at) >= now - view_ttl then sessions[session] = at end
  end
  return sessions
end

local function write_sessions(user, sessions)
  local list = {}
  for session, at in pairs(sessions) do list[#list + 1] = session .. '=' .. at end
  if #list == 0 then
    redis.call('HDEL', devices_key, user)
  else
    redis.call('HSET', devices_key, user, table.concat(list, ' '))
  end
  return #list
end

local function view(user, session)
  local sessions = read_sessions(user)
  sessions[session] = now
  write_sessions(user, sessions)
  redis.call('ZADD', viewers_zset, now, user)
  if redis.call('HEXISTS', viewers_key, user) == 0 then
    local meta = '{"phx_ref":"' .. string.format('%.0f', now_us) .. '","online_at":' .. now .. '}'
    redis.call('HSET', viewers_key, user, meta)
    publish('view', user, meta)
  end
  keep()
end

local function forget_viewer(user)
  redis.call('HDEL', devices_key, user)
  redis.call('ZREM', viewers_zset, user)
  if redis.call('HDEL', viewers_key, user) == 1 then publish('view', user, '') end
end

local function publish_typing(user, action)
  publish('typing', user, action)
  redis.call('PUBLISH', ARGV[5], '{"channel_id":"' .. channel_id .. '","user_id":"' .. user
    .. '","action":"' .. action .. '","timestamp":' .. now .. '}')
end

local function stop_typing(user)
  redis.call('ZREM', typing_ends, user)
  if redis.call('SREM', typing_key, user) == 1 then publish_typing(user, 'stop') end
end

-- Returns { time of the next check (s) or 0 when nobody is here, users viewing, users typing }
local function state()
  local check = 0
  local viewing = redis.call('ZRANGE', viewers_zset, 0, 0, 'WITHSCORES')
  if #viewing > 0 then check = tonumber(viewing[2]) + view_ttl + 1 end
  local typing = redis.call('ZRANGE', typing_ends, 0, 0, 'WITHSCORES')
  if #typing > 0 then
    local stop = math.ceil(tonumber(typing[2]) / 1000)
    check = check > 0 and math.min(check, stop) or stop
  end
  return { check, redis.call('ZCARD', viewers_zset), redis.call('ZCARD', typing_ends) }
end
