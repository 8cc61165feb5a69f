-- What the archive says of a user that Redis does not know. Needs user/lib.lua, user/record.lua and
-- user/reconcile.lua.
-- ARGV[7] found or none
-- ARGV[8] the status as a connection holds it, and ARGV[9] the user's revision that it is from
-- ARGV[10] last_seen (s), and ARGV[11] updated_at (s), 0 for none
-- ARGV[12] JSON: status, custom_message and emoji as others saw them last, and in which workspaces
-- Returns what reconcile() returns.

local is_known = user.revision and not user.unconfirmed and not user.unasked
local is_unasked = user.unasked
-- Connections of the user know better: they are about to say it, all but those that know nothing.
if is_known or ((not is_unasked or user.unconfirmed)
    and is_held_elsewhere(tonumber(user.unknowing or 0))) then
  return nothing(user.revision and next_check(stored().live) or 0)
end
set('unasked', nil)

local found = { held = ARGV[8], revision = ARGV[9], last_seen = ARGV[10], updated_at = ARGV[11],
  shown = ARGV[12] }

local function text(value) return type(value) == 'string' and value or '' end
local function number(value) return type(value) == 'number' and whole(value) or '0' end

-- The newest state of the user that is not in the archive yet, among the last changes.
local function find_waiting()
  local start = '{"user_id":"' .. user_id .. '"'
  local entries = stream and redis.pcall('XREVRANGE', stream, '+', '-', 'COUNT', 300) or {}
  for _, entry in ipairs(entries.err and {} or entries) do
    local change = entry[2] and entry[2][2] or ''
    if starts_with(change, start) and find(change, ',"state":{', 1, true)
        and not find(change, ',"unasked":true', 1, true) then
      return cjson.decode(change)
    end
  end
end

local waiting = find_waiting()
if waiting and (ARGV[7] == 'none' or tonumber(waiting.revision) > tonumber(ARGV[9])) then
  local state = waiting.state
  local held = { state.status, text(state.custom_message), text(state.emoji), number(state.expires_at) }
  found = { held = cjson.encode(held), revision = waiting.revision, last_seen = number(state.last_seen),
    updated_at = number(state.updated_at), shown = cjson.encode(state.shown) }
end

-- Of the session that came last.
local function newest_origin()
  local newest, session = nil, nil
  for id, s in pairs(stored().live) do
    if not is_foreign(id) and (not newest or s.started > session.started) then newest, session = id, s end
  end
  return newest and origin_of(newest, session.device)
end

local is_found = (waiting or ARGV[7] == 'found') and not was_erased_since(found.revision)
if not is_found then
  -- It is new.
  if user.unconfirmed then confirm() end
  if user.revision then return reconcile({ tell = is_unasked, cause = 'connected', origin = newest_origin() }) end
  return nothing(0)
end

-- Nobody could tell what it was when it came, so it was shown: what it is to be counts from now on, and
-- before that what it has said since.
if is_unasked and not user.unconfirmed then
  local was_said = user.updated_at
  restore_status(found.held, found.revision)
  set('missing', nil)
  -- What connections have learned meanwhile is older.
  set('kept', whole(now_us))
  if not was_said and found.updated_at ~= '0' then set('updated_at', found.updated_at) end
  if not was_said and is_hidden(user.status) and found.last_seen ~= '0' then
    set_last_seen(found.last_seen)
  end
  return reconcile({ tell = true, floor = found.revision, cause = 'repaired' })
end

restore_status(found.held, found.revision)
if not user.last_seen and found.last_seen ~= '0' then set_last_seen(found.last_seen) end
local shown = cjson.decode(found.shown)
if text(shown.workspaces) ~= '' and known_places() == '' then set('last_places', shown.workspaces) end
if next(stored().live) ~= nil then
  return reconcile({ held = found.held, floor = found.revision, cause = 'repaired' })
end
-- Nobody is there, so nobody has to be told: it is what it was.
if not user.updated_at and found.updated_at ~= '0' then set('updated_at', found.updated_at) end
local shown_end = number(shown.expires_at)
set('seen', appearance('offline', text(shown.custom_message), text(shown.emoji), shown_end ~= '0' and shown_end or nil, {}))
set('seen_at', user.updated_at)
set('seen_revision', found.revision)
set('revision', whole(math.max(tonumber(user.revision or 0), tonumber(found.revision))))
for _, field in ipairs({ 'unconfirmed', 'asked', 'missing', 'unknowing' }) do set(field, nil) end
return reconcile()
