-- One channel: who looks at it and who is typing in it.
--
-- KEYS[1] presence:channel:C          zset  user -> last refresh (s)
-- KEYS[2] presence:channel:C:viewers  hash  user -> meta (JSON); "^sequence" counts changes,
--                                           "^since" is when it began (us)
-- KEYS[3] presence:channel:C:devices  hash  user -> "session=last refresh (s),revision …", the
--                                           sessions that look at the channel
-- KEYS[4] typing:C                    set   users typing, for other services
-- KEYS[5] presence:typing:C           zset  user -> end of typing (ms)
-- KEYS[6] presence:typing:C:devices   hash  user -> "session=end of typing (ms),revision …"
-- KEYS[7] presence:channel:C:left     zset  user, or "user session" -> revision (us) of the user
--                                           when it, or the session, had to leave
-- ARGV[1] channel id
-- ARGV[2] VIEW_TTL (s)
-- ARGV[3] TYPING_TTL (s)
-- ARGV[4] sharded Pub/Sub channel of this channel's changes
-- ARGV[5] Pub/Sub channel of all typing, "" for none
--
-- A user that hides or goes leaves with its revision of that moment, and so does a session that is
-- over. What is said with an older one, because it is late, does not count.

local viewers_zset, viewers_key, view_sessions = KEYS[1], KEYS[2], KEYS[3]
local typing_key, typing_ends, typing_sessions, left_key = KEYS[4], KEYS[5], KEYS[6], KEYS[7]
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
  redis.call('EXPIRE', view_sessions, KEEP)
end

-- There was no sequence before this call: Redis has lost who was here.
local was_lost
local function is_lost()
  if was_lost == nil then was_lost = redis.call('HEXISTS', viewers_key, '^sequence') == 0 end
  return was_lost
end

-- A sequence begins at the time, so that it still grows when the key was evicted.
local has_begun = false
local function next_sequence()
  if is_lost() and not has_begun then
    has_begun = true
    local since = string.format('%.0f', now_us)
    redis.call('HSET', viewers_key, '^sequence', since, '^since', since)
  end
  redis.call('EXPIRE', viewers_key, KEEP)
  return string.format('%.0f', redis.call('HINCRBY', viewers_key, '^sequence', 1))
end

-- kind view: `what` is the meta, or "" when the user left; kind typing: start or stop.
local function publish(kind, user, what)
  redis.call('SPUBLISH', ARGV[4], table.concat({ next_sequence(), kind, user, what }, '\n'))
end

-- session -> { at, revision }; those before `from` are over. None is after `latest`, unless the clock
-- was set back since.
local function read_sessions(key, user, from, latest)
  local sessions = {}
  local text = redis.call('HGET', key, user) or ''
  for session, at, revision in string.gmatch(text, '(%S+)=(%d+),(%d+)') do
    if tonumber(at) >= from then
      if tonumber(at) > latest then at = string.format('%.0f', latest) end
      sessions[session] = { at = at, revision = revision }
    end
  end
  return sessions
end

local function read_views(user)
  return read_sessions(view_sessions, user, now - view_ttl, now)
end

local function read_typing(user)
  return read_sessions(typing_sessions, user, now_ms + 1, now_ms + typing_ttl * 1000)
end

-- Returns the newest time of them, or nil when there are none.
local function write_sessions(key, user, sessions)
  local list, newest = {}, nil
  for session, s in pairs(sessions) do
    list[#list + 1] = session .. '=' .. s.at .. ',' .. s.revision
    newest = math.max(newest or 0, tonumber(s.at))
  end
  if #list == 0 then
    redis.call('HDEL', key, user)
  else
    redis.call('HSET', key, user, table.concat(list, ' '))
  end
  return newest
end

local function is_too_late(user, session, revision)
  local left = tonumber(redis.call('ZSCORE', left_key, user) or 0)
  local over = tonumber(redis.call('ZSCORE', left_key, user .. ' ' .. session) or 0)
  return tonumber(revision) < math.max(left, over)
end

-- `sessions` are those of read_sessions().
local function write_view(user, session, revision, sessions)
  sessions[session] = { at = now, revision = revision }
  write_sessions(view_sessions, user, sessions)
  redis.call('ZADD', viewers_zset, now, user)
  if redis.call('HEXISTS', viewers_key, user) == 0 then
    local meta = '{"phx_ref":"' .. string.format('%.0f', now_us) .. '","online_at":' .. now .. '}'
    redis.call('HSET', viewers_key, user, meta)
    publish('view', user, meta)
  end
  keep()
end

local function view(user, session, revision)
  if is_too_late(user, session, revision) then return end
  write_view(user, session, revision, read_views(user))
end

-- Watchers are told what was stored, and where Redis has lost that, what the caller knows.
local function is_news(was_stored, is_known)
  return was_stored or (is_known and is_lost())
end

local function forget_viewer(user, is_known)
  redis.call('HDEL', view_sessions, user)
  is_known = redis.call('ZREM', viewers_zset, user) == 1 or is_known
  if is_news(redis.call('HDEL', viewers_key, user) == 1, is_known) then publish('view', user, '') end
end

local function publish_typing(user, action)
  publish('typing', user, action)
  if ARGV[5] == '' then return end
  redis.call('PUBLISH', ARGV[5], '{"channel_id":"' .. channel_id .. '","user_id":"' .. user
    .. '","action":"' .. action .. '","timestamp":' .. now .. '}')
end

local function forget_typist(user, is_known)
  redis.call('HDEL', typing_sessions, user)
  local was_typing = redis.call('ZREM', typing_ends, user) + redis.call('SREM', typing_key, user)
  if is_news(was_typing > 0, is_known) then publish_typing(user, 'stop') end
end

-- For readers of the set, it ends with its last typist; the rest stays for the sweeper to say so.
local function keep_typing()
  local last = redis.call('ZRANGE', typing_ends, -1, -1, 'WITHSCORES')[2]
  if last then redis.call('PEXPIRE', typing_key, tonumber(last) - now_ms + 2000) end
  redis.call('EXPIRE', typing_ends, typing_ttl + 60)
  redis.call('EXPIRE', typing_sessions, typing_ttl + 60)
end

-- Without those that `is_over`; a user without any is not looking, or not typing, any more. `is_known`:
-- it did, as the caller knows.
local function drop_views(user, is_over, is_known)
  local sessions = read_views(user)
  for session, s in pairs(sessions) do
    if is_over(session, s) then sessions[session] = nil end
  end
  if not write_sessions(view_sessions, user, sessions) then forget_viewer(user, is_known) end
end

local function drop_typing(user, is_over, is_known)
  local sessions = read_typing(user)
  for session, s in pairs(sessions) do
    if is_over(session, s) then sessions[session] = nil end
  end
  local last = write_sessions(typing_sessions, user, sessions)
  if last then
    redis.call('ZADD', typing_ends, last, user)
  else
    forget_typist(user, is_known)
  end
end

-- Viewers are not looked at before `earliest` (ms), 0 for when they are due.
-- Returns { time of the next check (ms) or 0 when nobody is here, users viewing, users typing }
local function state(earliest)
  local check = 0
  local viewing = redis.call('ZRANGE', viewers_zset, 0, 0, 'WITHSCORES')
  if #viewing > 0 then
    check = math.max(earliest or 0, (tonumber(viewing[2]) + view_ttl + 1) * 1000)
  end
  local typing = redis.call('ZRANGE', typing_ends, 0, 0, 'WITHSCORES')
  if #typing > 0 then
    local stop = tonumber(typing[2])
    check = check > 0 and math.min(check, stop) or stop
  end
  return { check, redis.call('ZCARD', viewers_zset), redis.call('ZCARD', typing_ends) }
end
