-- One user: what is stored, what others see of it, and where it is shown.
--
-- KEYS[1] presence:user:U          hash  status, custom_message, emoji, last_seen, updated_at (s),
--                                        expires_at (s), revision, seen (what watchers were told
--                                        last, JSON without braces), places (workspaces it is
--                                        shown in, separated by spaces)
-- KEYS[2] presence:user:U:devices  zset  device -> last heartbeat (s)
-- KEYS[3] presence:user:U:places   hash  device -> "workspace session"; the workspace may be ""
-- ARGV[1] user id
-- ARGV[2] PRESENCE_TTL (s)
-- ARGV[3] Pub/Sub channel of this user's changes
-- ARGV[4] Pub/Sub channel of all status changes
--
-- Every script ends with settle(): it compares what others see now with what they were told last,
-- and publishes only a difference. So an event is sent once, whoever calls and however often.

local user_key, devices_key, places_key = KEYS[1], KEYS[2], KEYS[3]
local user_id, ttl = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1])
local now_us = now * 1000000 + tonumber(time[2])

local HIDDEN = { invisible = true, offline = true }

local function text_or_null(text)
  if text and text ~= '' then return cjson.encode(text) end
  return 'null'
end

local function describe(status, custom_message, emoji)
  return '"status":' .. cjson.encode(status) .. ',"custom_message":' .. text_or_null(custom_message)
    .. ',"emoji":' .. text_or_null(emoji)
end

-- Forgets devices whose last heartbeat is older than the TTL. Devices that share a key with a
-- TTL of its own may have vanished on their own: their places go too.
local function prune()
  redis.call('ZREMRANGEBYSCORE', devices_key, '-inf', '(' .. (now - ttl))
  for _, device in ipairs(redis.call('HKEYS', places_key)) do
    if not redis.call('ZSCORE', devices_key, device) then
      redis.call('HDEL', places_key, device)
    end
  end
end

local function touch(device)
  redis.call('ZADD', devices_key, now, device)
  redis.call('EXPIRE', devices_key, ttl)
  redis.call('EXPIRE', places_key, ttl)
end

local function is_hidden(status)
  return HIDDEN[status or 'online'] or false
end

local function split(text)
  local set = {}
  for word in string.gmatch(text or '', '%S+') do set[word] = true end
  return set
end

local function live_places()
  local set = {}
  for _, place in ipairs(redis.call('HVALS', places_key)) do
    local workspace = string.match(place, '^(%S*) ')
    if workspace ~= '' then set[workspace] = true end
  end
  return set
end

-- Publishes what changed and says what is left to do in the workspaces.
-- `again`: show the user in all its workspaces once more, for a repair.
-- Returns { revision, changed 0|1, online 0|1, seen, workspaces to enter, workspaces to leave,
--           time of the next check (s) or 0, status as chosen, end of the status (s) or 0 }
local function settle(again)
  prune()
  local h = redis.call('HMGET', user_key, 'status', 'custom_message', 'emoji', 'revision', 'seen',
    'places', 'last_seen', 'expires_at')
  local status, revision, seen, last_seen = h[1] or 'online', tonumber(h[4] or 0), h[5], h[7]
  local newest = redis.call('ZRANGE', devices_key, -1, -1, 'WITHSCORES')
  local online = #newest > 0 and not is_hidden(status)

  local view
  if online then
    view = describe(status, h[2], h[3])
  elseif status == 'invisible' then
    -- What others saw last, gone offline: a message changed in hiding must not show.
    view = string.gsub(seen or describe('offline'), '^"status":"%a+"', '"status":"offline"')
  else
    view = describe('offline', h[2], h[3])
  end

  local changed = view ~= (seen or describe('offline'))
  local shown, places = split(h[6]), online and live_places() or {}
  local enter, leave, list = {}, {}, {}
  for workspace in pairs(places) do
    if changed or again or not shown[workspace] then enter[#enter + 1] = workspace end
    list[#list + 1] = workspace
  end
  for workspace in pairs(shown) do
    if not places[workspace] then leave[#leave + 1] = workspace end
  end

  if changed or #enter > 0 or #leave > 0 then
    -- Revisions are time, so they still grow when the key was evicted.
    revision = math.max(revision + 1, now_us)
    redis.call('HSET', user_key, 'revision', string.format('%.0f', revision), 'seen', view,
      'places', table.concat(list, ' '))
  end
  if changed then
    local payload = '{"user_id":"' .. user_id .. '",' .. view .. ',"last_seen":'
      .. (last_seen or 'null') .. ',"updated_at":' .. now
      .. ',"revision":' .. string.format('%.0f', revision) .. '}'
    redis.call('PUBLISH', ARGV[3], string.format('%.0f', revision) .. '\n' .. payload)
    redis.call('PUBLISH', ARGV[4], payload)
  end

  local check = 0
  local oldest = redis.call('ZRANGE', devices_key, 0, 0, 'WITHSCORES')
  if #oldest > 0 then check = tonumber(oldest[2]) + ttl + 1 end
  return { string.format('%.0f', revision), changed and 1 or 0, online and 1 or 0, view, enter, leave,
    check, status, tonumber(h[8] or 0) }
end
