-- The regular heartbeat of users of whom nothing has to be judged, many at a time: their sessions are
-- known, and others see them. Of all others it changes nothing: user/refresh.lua knows the rules.
--
-- KEYS     of each user: its hash and its devices, as user/lib.lua has them
-- ARGV[1]  PRESENCE_TTL (s)
-- ARGV[2]  1 when there is an archive that can be asked, else 0
-- ARGV[3…] of each user: 1 when its next check is asked for, else 0; how many sessions follow, and the fields
--          of the hash that they are in
-- Returns of each user: time of the next check (s), 0 when it was not asked for or takes the rules; revision
-- of what was published last, or "" where the rules are needed

-- Most of what Redis spends on who is only there is this: it makes as few tables and strings as it can.
local KEYS, ARGV, call = KEYS, ARGV, redis.call
local byte, sub, match = string.byte, string.sub, string.match
local ttl, asks_archive = ARGV[1], ARGV[2] == '1'
local time = call('TIME')
local now, over = time[1], time[1] + ttl
local deadline = string.format('%d%03d', over, math.floor(time[2] / 1000))
local FIELDS, COLON = 4, 58

-- Of the sessions of a call, by where they are in ARGV: what follows the deadline, and the device.
local rests, devices = {}, {}

-- The first end of a session, those of others too, or of the status. What somebody began and may not live to
-- finish the sweeper looks at: channels of a session that is over, changes that wait for the change stream;
-- and devices of other services, and what a clock wrote that was set back.
local function next_check(user_key, devices_key, from, till)
  local first, sessions, known, count, others, channels = over, {}, {}, 0, nil, nil
  local function add(device)
    if device and not known[device] then known[device], count = true, count + 1 end
  end
  for i = from, till do
    sessions[ARGV[i]] = true
    add(devices[i])
  end
  local fields = call('HKEYS', user_key)
  for i = 1, #fields do
    local field = fields[i]
    local eighth, ninth = byte(field, 8, 9)
    if (eighth == COLON and not sessions[field]) or field == 'expires_at' then -- session:
      others = others or {}
      others[#others + 1], sessions[field] = field, true
    elseif ninth == COLON then -- channels:
      channels = channels or {}
      channels[#channels + 1] = 'session:' .. sub(field, 10)
    elseif field == 'waiting' then
      return 0
    end
  end
  local texts = others and call('HMGET', user_key, unpack(others))
  for i = 1, others and #others or 0 do
    if others[i] == 'expires_at' then
      first = math.min(first, tonumber(texts[i]))
    else
      local ends, device = match(texts[i], '^(%d+) %d+ %a+ (%S+)')
      ends = math.floor((ends or 0) / 1000)
      if ends > over + 1 then return 0 end -- by a clock that was set back since
      first = math.min(first, ends)
      add(device)
    end
  end
  for i = 1, channels and #channels or 0 do
    if not sessions[channels[i]] then return 0 end
  end
  return call('ZCOUNT', devices_key, '-inf', now) == count and first or 0
end

local result, at = {}, 3
for i = 1, #KEYS, 2 do
  local user_key, devices_key, first, last = KEYS[i], KEYS[i + 1], at + 2, at + 1 + ARGV[at + 1]
  local stored = call('HMGET', user_key, 'regular', 'seen_revision', 'status', 'unasked', unpack(ARGV, first, last))
  local told, status = stored[2], stored[3]
  -- Of two versions beside each other only one knows the mark: it is of what was published last.
  local is_regular = told and stored[1] == told and status ~= 'invisible' and status ~= 'offline'
    and not (stored[4] and asks_archive)
  for j = first, last do
    if not is_regular then break end
    -- None that has ended.
    rests[j], devices[j] = match(stored[FIELDS + 1 + j - first] or '', '^%d+( %d+ %a (%S+) .*)$')
    is_regular = rests[j]
  end
  if is_regular then
    for j = first, last do
      call('HSET', user_key, 'last_seen', now, ARGV[j], deadline .. rests[j])
      call('ZADD', devices_key, now, devices[j])
    end
    call('EXPIRE', devices_key, ttl)
  end
  result[i] = is_regular and ARGV[at] == '1' and next_check(user_key, devices_key, first, last) or 0
  result[i + 1] = is_regular and told or ''
  at = last + 1
end
return result
