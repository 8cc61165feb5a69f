-- Brings what others are told, and where the user is shown, up to what is stored. Needs
-- user/lib.lua.

-- The channels of sessions that are over, or of all when nobody may see the user: { session,
-- channels, … } as stored.
local function channels_to_leave(live, online)
  local result = {}
  for id, text in pairs(stored_channels()) do
    if not online or not live[id] then
      result[#result + 1], result[#result + 2] = id, text
    end
  end
  return result
end

-- In ms: who stops calling is missed at once, not when the second is over. What may not expire yet is
-- looked at again, but not all the time.
local function next_check(live)
  local first = 0
  for _, s in pairs(live) do
    local due = s.deadline
    if behind and is_silent(s) then due = now_ms + math.max(1000, ttl * 250) end
    if first == 0 or due < first then first = due end
  end
  return first
end

-- A Redis that is short of memory may have lost a part of a user. Until a connection has said it
-- again, with its next heartbeat, the user is as others were told.

-- What the user said is lost, but not that it is there.
local function is_forgotten(live)
  if get('revision') then return false end
  for id in pairs(live) do
    if string.sub(id, 1, 8) ~= 'foreign:' then return true end
  end
  return false
end

-- The sessions are lost: one that ends is taken out, and then its workspaces are, too, but for when
-- it still has channels to leave. Not for ever: nobody may be there to say it again.
local function has_lost_sessions()
  local is_leaving = get('left') and get('left') == get('revision')
  if not sessions.none or (get('places') or '') == '' or is_leaving then
    set('lost', nil)
    return false
  end
  if not get('lost') then set('lost', whole(now_ms)) end
  return now_ms < tonumber(get('lost')) + ttl * 1000
end

local function target_view(online, devices, seen, is_lost)
  local status = get('status') or 'online'
  if is_lost and status == 'online' and string.sub(seen, 1, 15) == '"status":"away"' then
    status = 'away'
  end
  if online then return describe(effective(status, devices), get('custom_message'), get('emoji')) end
  if status ~= 'invisible' then return describe('offline', get('custom_message'), get('emoji')) end
  -- What others saw last, gone offline: a message changed in hiding must not show.
  return (string.gsub(seen, '^"status":"%a+"', '"status":"offline"'))
end

-- What the user is, for its own connections: "state", revision, status as chosen, revision at which
-- it left its channels, what they are to keep, and JSON as in its presence_state.
local function own_state(devices)
  local list, shown = list_devices(devices), {}
  for i = 1, #list, 2 do
    shown[#shown + 1] = '{"id":' .. cjson.encode(list[i]) .. ',"timestamp":' .. list[i + 1] .. '}'
  end
  local json = '{"user_id":"' .. user_id .. '",' .. own_view(devices) .. ',"last_seen":'
    .. (get('last_seen') or 'null') .. ',"devices":[' .. table.concat(shown, ',') .. ']}'
  return table.concat({ 'state', get('revision') or '0', get('status') or 'online',
    get('left') or '0', status_to_keep(), json }, '\n')
end

-- How many changes a user's list has room for; it is cut when it has grown to twice that.
local CHANGES = 20
local FLIP_WINDOW = 300

-- How often the user came or went since the window began.
local function count_flip()
  local since, count = string.match(get('flips') or '', '^(%d+) (%d+)$')
  if not since or now - since > FLIP_WINDOW then since, count = whole(now), 0 end
  set('flips', since .. ' ' .. whole(count + 1))
  return count + 1
end

local function note_change(view, cause)
  local length = redis.call('LPUSH', changes_key, table.concat({ whole(now), status_of(view),
    get('status') or 'online', cause }, ' '))
  if length == 1 or length > 2 * CHANGES then
    redis.call('LTRIM', changes_key, 0, CHANGES - 1)
    redis.call('EXPIRE', changes_key, 86400)
  end
end

-- Why a user is settled that nobody said anything of: its sessions are over, each because its
-- connection had ended, or because it was not heard of any more.
local function cause_of_end()
  for _, s in pairs(stored().over) do
    if not s.ended then return 'silent' end
  end
  return 'disconnected'
end

local function new_revision()
  set('revision', whole(math.max(tonumber(get('revision') or 0) + 1, now_us)))
end

-- Publishes what changed and says what is left to do elsewhere. Before a user is told to be
-- offline it has to leave its channels: until left.lua says so, nothing is published.
-- options, all false by default:
--   again  show the user in all its workspaces once more, for a repair; where it is shown already
--          nobody notices
--   anew   with a new revision, which also outdoes what an evicted user left behind
--   tell   its own connections in any case: the user changed something
--   first  a session has said all that there is to say
--   cause  why, for the list of changes; nobody said anything when it is left out
-- Returns { revision, changed: 0, 1, or 2 when it is online before and after, online 0|1, seen,
--           workspaces to enter, workspaces to leave, time of the next check (ms) or 0,
--           status as chosen, end of the status (s) or 0,
--           channels to leave: { session, channels, … }, count_flip() or 0 }
local function settle(options)
  options = options or {}
  local cause = options.cause or get('cause') or cause_of_end()
  local live = prune()
  local devices = present_devices(live)
  if not options.first and not options.tell and is_forgotten(live) then
    return { '0', 0, 1, NOBODY, {}, {}, next_check(live), 'online', 0, {}, 0 }
  end
  local seen = get('seen') or NOBODY
  local is_lost = has_lost_sessions()
  local online = (is_lost or next(devices) ~= nil) and not is_hidden(get('status'))
  local leaving = is_lost and {} or channels_to_leave(live, online)
  local check = is_lost and get('lost') + ttl * 1000 or next_check(live)
  if #leaving > 0 then check = now_ms end

  if not online and shows_online(seen) and #leaving > 0 then
    -- Whoever entered a channel with an older revision is put out, and is too late from now on.
    new_revision()
    set('left', get('revision'))
    set('cause', cause)
    save()
    if options.tell then redis.call('SPUBLISH', ARGV[5], own_state(devices)) end
    return { get('revision'), 0, 0, seen, {}, {}, check, get('status') or 'online',
      tonumber(get('expires_at') or 0), leaving, 0 }
  end

  local view = target_view(online, devices, seen, is_lost)
  local changed = view ~= seen
  local shown, places, list = split(get('places')), {}, {}
  local enter, leave, is_moved = {}, {}, false
  if is_lost and online then places = split(get('places')) end
  if online then
    for _, s in pairs(devices) do
      if s.workspace ~= '' then places[s.workspace] = true end
    end
  end
  for workspace in pairs(places) do
    is_moved = is_moved or not shown[workspace]
    if changed or options.again or not shown[workspace] then enter[#enter + 1] = workspace end
    list[#list + 1] = workspace
  end
  for workspace in pairs(shown) do
    if not places[workspace] then leave[#leave + 1] = workspace end
  end

  local is_new = options.anew or options.tell
  if changed or is_new or is_moved or #leave > 0 or #leaving > 0 then
    -- Revisions are time, so they still grow when the key was evicted.
    new_revision()
    set('places', table.concat(list, ' '))
  end
  local revision = get('revision') or '0'
  local stays, flips = online and shows_online(seen), 0
  if changed then
    if online ~= shows_online(seen) then flips = count_flip() end
    set('seen', view)
    set('seen_revision', revision)
    set('seen_at', whole(now))
    set('cause', nil)
  end
  save()
  if changed or options.tell then note_change(view, cause) end
  if changed then
    local text = payload(view, get('last_seen'), get('seen_at'), revision)
    redis.call('SPUBLISH', ARGV[3], revision .. '\n' .. text)
    if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4], text) end
  end
  if options.tell or (changed and stays) then redis.call('SPUBLISH', ARGV[5], own_state(devices)) end
  return { revision, changed and (stays and 2 or 1) or 0, online and 1 or 0, view, enter, leave,
    check, get('status') or 'online', tonumber(get('expires_at') or 0), leaving, flips }
end
