-- The regular heartbeat of users of whom nothing has to be judged, many at a time: their sessions are
-- known, and others see them. Of all others it changes nothing: user/refresh.lua knows the rules.
--
-- KEYS     of each user: its hash and its devices, as user/lib.lua has them
-- ARGV[1]  PRESENCE_TTL (s)
-- ARGV[2]  1 when there is an archive that can be asked, else 0
-- ARGV[3…] of each user: 1 when its next check is asked for, else 0; how many sessions follow, and their ids
-- Returns of each user { time of the next check (s), 0 when it was not asked for or takes the rules; revision
-- of what was published last }, or 0 where the rules are needed

local ttl, asks_archive = ARGV[1], ARGV[2] == '1'
local time = redis.call('TIME')
local now, over = time[1], time[1] + ttl
local deadline = string.format('%d%03d', over, math.floor(time[2] / 1000))
local FIELDS = 4

-- What is to be written to the hash, and the devices; nothing when a session is lost or has ended.
local function refreshed(sessions, stored)
  local fields, devices = { 'last_seen', now }, {}
  for i, session in ipairs(sessions) do
    local rest, device = string.match(stored[FIELDS + i] or '', '^%d+( %d+ [ia] (%S+) .*)$')
    if not rest then return nil end
    fields[2 * i + 1], fields[2 * i + 2] = session, deadline .. rest
    devices[2 * i - 1], devices[2 * i] = now, device
  end
  return fields, devices
end

-- The first end of a session, those of others too, or of the status. What somebody began and may not live to
-- finish the sweeper looks at: channels of a session that is over, changes that wait for the change stream;
-- and devices of other services, and what a clock wrote that was set back.
local function next_check(user_key, devices_key)
  local first, devices, count, sessions, channels = over, {}, 0, {}, {}
  local all = redis.call('HGETALL', user_key)
  for i = 1, #all, 2 do
    local field, text = all[i], all[i + 1]
    local kind, id = string.match(field, '^(%a+):(.+)$')
    if kind == 'session' then
      local ends, device = string.match(text, '^(%d+) %d+ %a+ (%S+)')
      ends = math.floor((ends or 0) / 1000)
      if ends > over + 1 then return 0 end -- by a clock that was set back since
      sessions[id], first = true, math.min(first, ends)
      if device and not devices[device] then devices[device], count = true, count + 1 end
    elseif kind == 'channels' then
      channels[#channels + 1] = id
    elseif field == 'expires_at' then
      first = math.min(first, tonumber(text))
    elseif field == 'waiting' then
      return 0
    end
  end
  for _, id in ipairs(channels) do
    if not sessions[id] then return 0 end
  end
  return redis.call('ZCOUNT', devices_key, '-inf', now) == count and first or 0
end

local result, at = {}, 3
for i = 1, #KEYS, 2 do
  local is_asked, count, sessions = ARGV[at] == '1', tonumber(ARGV[at + 1]), {}
  for j = 1, count do sessions[j] = 'session:' .. ARGV[at + 1 + j] end
  at = at + count + 2
  local stored = redis.call('HMGET', KEYS[i], 'regular', 'seen_revision', 'status', 'unasked',
    unpack(sessions))
  local regular, told, status = stored[1], stored[2], stored[3]
  local fields, devices
  -- Of two versions beside each other only one knows the mark: it is of what was published last.
  if regular and regular == told and status ~= 'invisible' and status ~= 'offline'
      and not (stored[4] and asks_archive) then
    fields, devices = refreshed(sessions, stored)
  end
  if fields then
    redis.call('HSET', KEYS[i], unpack(fields))
    redis.call('ZADD', KEYS[i + 1], unpack(devices))
    redis.call('EXPIRE', KEYS[i + 1], ttl)
    result[#result + 1] = { is_asked and next_check(KEYS[i], KEYS[i + 1]) or 0, told }
  else
    result[#result + 1] = 0
  end
end
return result
