-- What happened to a user, for the change stream. Needs user/lib.lua.
-- ARGV[6] the change stream, a space, and how many entries it has room for; "" while no consumer is
-- registered. In a cluster it is on another slot, though on the same server: should it have moved, the
-- change waits in the user's hash.
--
-- An entry has one field, `change`, a JSON object:
--   user_id, at (ms), revision (a string)
--   state      what the user is: status, custom_message, emoji, expires_at (s), last_seen (s),
--              updated_at (s), and shown, what others see, with where: workspaces, separated by spaces
--   unasked    true when the archive may know more than that
--   status     why the user said something, or others see something new; origin, as because() has it; and
--              published, true when they do
--   sessions   those that began or ended: id, device_id, workspace_id, event (connected or
--              disconnected), since (us, a string), cause

-- Changes that a user has room for while the stream cannot be reached.
local WAITING = 50

local function described(happening)
  local s = happening.session
  return '{"id":"' .. happening.id .. '","device_id":' .. cjson.encode(s.device) .. ',"workspace_id":'
    .. text_or_null(s.workspace) .. ',"event":"' .. happening.event .. '","since":"'
    .. whole(s.started) .. '","cause":"' .. happening.cause .. '"}'
end

local function described_state()
  return '{' .. describe(user.status or 'online', user.custom_message, user.emoji)
    .. ',"expires_at":' .. (user.expires_at or 'null') .. ',"last_seen":'
    .. (user.last_seen or 'null') .. ',"updated_at":' .. (user.updated_at or 'null')
    .. ',"shown":{' .. (user.seen or NOBODY) .. ',"workspaces":' .. text_or_null(known_places()) .. '}}'
end

local function append(change)
  local id = redis.pcall('XADD', stream, 'MAXLEN', '~', capacity, '*', 'change', change)
  return type(id) == 'string'
end

-- Those that wait go first.
local function append_waiting()
  local left = {}
  for change in string.gmatch(user.waiting or '', '[^\n]+') do
    if #left > 0 or not append(change) then left[#left + 1] = change end
  end
  return left
end

-- Of a user that is unconfirmed nothing is known to be true yet: its sessions are noted.
local function begun_sessions()
  local parts = { user.begun }
  for _, happening in ipairs(happened) do parts[#parts + 1] = described(happening) end
  happened = {}
  local text = table.concat(parts, ',')
  set('begun', user.unconfirmed and text ~= '' and text or nil)
  return text
end

-- why: as because() says it, when something is to be remembered of the user's status; is_published: others
-- see it.
local function record(why, is_published)
  if not stream then
    set('waiting', nil)
    set('begun', nil)
    return
  end
  local left = user.waiting and append_waiting() or {}
  local sessions = begun_sessions()
  if (why or sessions ~= '') and not user.unconfirmed then
    local cause, origin = match(why or '', '^(%S*) ?(.*)$')
    local change = '{"user_id":"' .. user_id .. '","at":' .. whole(now_ms) .. ',"revision":"'
      .. (user.revision or '0') .. '","state":' .. described_state()
      .. (user.unasked and ',"unasked":true' or '') .. (cause ~= '' and ',"status":"' .. cause .. '"' or '')
      .. (origin ~= '' and ',"origin":"' .. origin .. '"' or '') .. (is_published and ',"published":true' or '')
      .. (sessions ~= '' and ',"sessions":[' .. sessions .. ']' or '') .. '}'
    if #left > 0 or not append(change) then left[#left + 1] = change end
  end
  set('waiting', #left > 0 and table.concat(left, '\n', math.max(1, #left - WAITING + 1)) or nil)
end
