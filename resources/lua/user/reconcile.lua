-- Brings what others are told, and where the user is shown, up to what is stored. Needs
-- user/lib.lua and user/record.lua.

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
  local function at(due)
    if first == 0 or due < first then first = due end
  end
  for _, s in pairs(live) do
    at(behind and is_silent(s) and now_ms + math.max(1000, ttl * 250) or s.deadline)
  end
  if user.unconfirmed then at(tonumber(user.unconfirmed)) end
  if user.expires_at then at(user.expires_at * 1000) end
  if is_hidden(user.status) then
    if is_lingering() then at(read_hiding(user.hiding)) end
    -- Of what others saw last.
    local ends = end_of(user.seen or NOBODY)
    if ends then at(ends * 1000) end
  end
  if user.waiting then at(now_ms + 1000) end
  return first
end

-- Of who hides: those that it was seen with, and still would be if it had gone.
local function lingering_devices()
  local _, since = read_hiding(user.hiding)
  return newest_sessions_before(since)
end

-- The published view without what has ended since.
local function lingering_view(view)
  if has_ended then
    view = string.gsub(view, ',"kinds":%b[]$', ',"kinds":' .. list_kinds(lingering_devices()))
  end
  return without_idle_end(view)
end

-- What others are to see of who hides: what they would if its app had been closed then, and besides what
-- it says as offline.
local function hidden_view(published)
  local view, ends = published, end_of(published)
  if ends and ends <= now then
    view = with_texts(view, shows_online(view) and 'online' or 'offline', nil, nil, nil)
  end
  if user.says and user.status == 'offline' and not is_lingering() then
    view = with_texts(view, status_of(view), user.custom_message, user.emoji, user.expires_at)
  end
  return is_lingering() and lingering_view(view) or gone_offline(view)
end

local function target_view(devices, published)
  local status = user.status or 'online'
  if is_hidden(status) then return hidden_view(published) end
  local shown = next(devices) ~= nil and effective(status, devices) or 'offline'
  return without_idle_end(
    appearance(shown, user.custom_message, user.emoji, user.expires_at, devices))
end

-- What the user is, for its own connections: "state", revision, status as chosen, revision at which
-- it left its channels, what they are to hold, and JSON as in its presence_state.
local function own_state(devices)
  local list, shown = list_devices(devices), {}
  for i = 1, #list, 2 do
    local id = list[i] == '' and '""' or text_or_null(list[i])
    shown[#shown + 1] = '{"id":' .. id .. ',"timestamp":' .. list[i + 1] .. '}'
  end
  local json = '{"user_id":"' .. user_id .. '",' .. own_view(devices) .. ',"last_seen":'
    .. (user.last_seen or 'null') .. ',"devices":[' .. table.concat(shown, ',') .. ']}'
  return table.concat({ 'state', user.revision or '0', user.status or 'online',
    user.left or '0', client_held_status(), json }, '\n')
end

-- How many changes a user's list has room for; it is cut when it has grown to twice that.
local CHANGES = 20
-- For at least a day, when there are more than a few (s).
local KEEP_CHANGES = 2 * 86400
local TRANSITION_WINDOW = 300

-- How often the user came or went since the window began.
local function count_transition()
  local since, count = match(user.transitions or '', '^(%d+) (%d+)$')
  if not since or now - since > TRANSITION_WINDOW then since, count = now_text, 0 end
  set('transitions', since .. ' ' .. whole(count + 1))
  return count + 1
end

-- Of a text in the list (bytes): what a user can say is seldom longer, what another service writes may be.
local LONGEST_NOTE = 420

local function noted(text)
  if not text or #text <= LONGEST_NOTE then return text_or_null(text) end
  -- Not in the middle of a character.
  return cjson.encode((string.gsub(sub(text, 1, LONGEST_NOTE), '[\192-\255][\128-\191]*$', '')) .. '\226\128\166')
end

local function note_change(view, why)
  local message, emoji = user.custom_message, user.emoji
  local text = ''
  if message or emoji then
    text = ' {"custom_message":' .. noted(message) .. ',"emoji":' .. noted(emoji) .. '}'
  end
  local length = call('LPUSH', changes_key,
    now_text .. ' ' .. status_of(view) .. ' ' .. (user.status or 'online') .. ' ' .. why .. text)
  if length > 2 * CHANGES then call('LTRIM', changes_key, 0, CHANGES - 1) end
  -- Not with each change, and what is from today is not to go with what is older.
  if length % 4 == 1 then call('EXPIRE', changes_key, KEEP_CHANGES) end
end

-- Of one whose connection had ended: whether that was a sign-off, and by whom.
local function sign_off_of(s)
  local till, device, by = match(user.ending or '', '^(%d+) (%S+) ?(%S*)$')
  if not till or s.deadline > tonumber(till) or (device ~= '*' and device ~= s.device) then return nil end
  return 'signed_off', by ~= '' and by or nil
end

-- The session that went last, of those that were not heard of any more where there is one.
local function last_over()
  local last, session = nil, nil
  for id, s in pairs(stored().over) do
    if s.device and (not last or (not s.ended and session.ended)
        or (s.ended == session.ended and s.deadline > session.deadline)) then
      last, session = id, s
    end
  end
  return last, session
end

-- Why a user is reconciled that nobody said anything of: its sessions are over, each because its
-- connection had ended, or because it was not heard of any more; others are to notice that it hides; or
-- another service has written something.
local function why_it_changes()
  local id, s = last_over()
  if id then
    local cause, by = 'silent', nil
    if s.ended then cause, by = sign_off_of(s) end
    return because(cause or 'disconnected', origin_of(id, s.device, by))
  end
  if is_evicted or user.unconfirmed then return 'repaired' end
  return user.hiding and 'hidden' or 'service'
end

local function new_revision()
  local fresh = whole(now_us)
  for _, last in ipairs({ user.revision or '0', revision_floor }) do
    if not is_older(last, fresh) then fresh = whole(tonumber(last) + 1) end
  end
  set('revision', fresh)
end

-- The workspaces that the user is in. What another service keeps alive says none: meanwhile the user
-- stays where it is.
local function workspaces_of(live, devices, online)
  local workspaces = {}
  if not online then return workspaces end
  if is_lingering() then
    local places = split(user.places)
    if not has_ended then return places end
    for id in pairs(live) do
      if is_foreign(id) then return places end
    end
    for _, s in pairs(lingering_devices()) do
      if places[s.workspace] then workspaces[s.workspace] = true end
    end
    return workspaces
  end
  for id in pairs(live) do
    if is_foreign(id) then workspaces = split(user.places) end
  end
  for _, s in pairs(devices) do
    if s.workspace ~= '' then workspaces[s.workspace] = true end
  end
  return workspaces
end

-- Returns workspaces to enter: those where something is new, all of them if `again`; workspaces to
-- leave; whether the list is another one.
local function move(workspaces, again)
  -- Most often it stays in one.
  local only = next(workspaces)
  if only == user.places and next(workspaces, only) == nil and not user.strays then
    return again and { only } or {}, {}, false
  end
  local shown, list, enter, leave, is_moved = split(user.places), {}, {}, {}, false
  for workspace in pairs(workspaces) do
    is_moved = is_moved or not shown[workspace]
    if again or not shown[workspace] then enter[#enter + 1] = workspace end
    list[#list + 1] = workspace
  end
  for workspace in pairs(shown) do
    if not workspaces[workspace] then leave[#leave + 1] = workspace end
  end
  is_moved = is_moved or #leave > 0
  for workspace in pairs(split(user.strays)) do
    if not workspaces[workspace] and not shown[workspace] then leave[#leave + 1] = workspace end
  end
  set('strays', nil)
  if is_moved then
    set('last_places', #list == 0 and user.places or nil)
    set('places', table.concat(list, ' '))
  end
  return enter, leave, is_moved
end

local function set_published(view, revision)
  set('seen', view)
  set('seen_revision', revision)
  set('seen_at', now_text)
  set('cause', nil)
end

-- After everything is written: a Redis that refuses the write must not have told anybody.
local function publish(view, revision)
  local text = payload(view, user.last_seen, user.seen_at, revision)
  call('SPUBLISH', ARGV[3], revision .. '\n' .. text)
  if ARGV[4] ~= '' then call('PUBLISH', ARGV[4], text) end
end

local function new_end()
  return is_end_new and tonumber(user.expires_at or 0) or -1
end

-- What reconcile() returns when there is nothing to do elsewhere.
local function nothing(check)
  return { user.revision or '0', 0, 0, user.seen or NOBODY, {}, {}, check,
    user.status or 'online', new_end(), {}, 0, 0, user.seen_revision or '0', {} }
end

-- Before a user is told to be offline it has to leave its channels: until left.lua says so, nothing
-- is published. Whoever entered a channel with an older revision is put out, and is too late from
-- now on.
local function begin_to_leave(options, devices, leaving, why)
  new_revision()
  set('left', user.revision)
  set('cause', why)
  record(nil)
  save()
  if options.tell or is_confirmed then call('SPUBLISH', ARGV[5], own_state(devices)) end
  local result = nothing(now_ms)
  result[10] = leaving
  return result
end

-- Whoever is asked says it at once, and where Redis refuses that, once more after a second at most and after
-- three (kFirstRetry in server/presence/store.h): in so long (ms).
local ANSWER_TIME = 3500

-- Redis may have refused what the user's connections said: they are asked once more, and again where it
-- refused the look at the user that was to follow. Until when (ms) they may answer; nil when they could.
local function ask_again()
  -- A look may be late. One that is later still was refused, as what they said may have been.
  local is_asked = now_ms - tonumber(user.asked or 0) < 2 * ANSWER_TIME
  if is_asked or not is_held_elsewhere(tonumber(user.unknowing or 0)) then return nil end
  set('asked', whole(now_ms))
  ask_connections()
  return now_ms + ANSWER_TIME
end

-- Whether nobody who knows has said yet what the user was before Redis lost it. It may have been
-- invisible, so it is not shown.
local function is_unconfirmed(options)
  if is_evicted and not options.held and not user.unconfirmed then
    set('unconfirmed', whole(now_ms + confirm_time))
    if is_held then ask_connections() end
  end
  local till = math.min(tonumber(user.unconfirmed or 0), now_ms + confirm_time)
  if till > 0 and till <= now_ms and not options.held then till = ask_again() or till end
  if till > 0 then set('unconfirmed', whole(till)) end -- by a clock that was set back since
  if till > now_ms and not options.held then return true end
  if till > 0 then
    confirm()
  end
  options.evicted = options.evicted or is_evicted or till > 0
  return false
end

local VISIBLE = '"status":"online","custom_message":null,"emoji":null,"expires_at":null,"kinds":[]'

-- The last published view. Where Redis has lost it, others may see the user; not while it was in
-- hiding, as one of its connections says. Nor is it read as online until it has left its channels: there
-- is no view of it then, only a cause.
local function last_view(options, devices)
  local seen = user.seen
  -- As it was written before views had them.
  if seen and not find(seen, ',"kinds":[', 1, true) then
    seen = match(appearance('', nil, nil, user.expires_at, shows_online(seen) and devices or {}),
      ',"expires_at":.*$')
    seen = user.seen .. seen
  end
  if not options.evicted then return seen or (user.cause and VISIBLE) or NOBODY end
  if not options.held then
    -- It hides since it was lost, and was seen until then.
    if is_hidden(user.status) and not user.last_seen then set_last_seen(now_text) end
    return VISIBLE
  end
  local was = read_held(options.held)
  if not is_hidden(was[1]) then
    -- It hides at this moment.
    if is_hidden(user.status) then set_last_seen(now_text) end
    return VISIBLE
  end
  local till = read_hiding(was[8])
  if till > now_ms then set('hiding', was[8]) end
  if (was[9] or '') ~= '' and user.status == 'offline' then set('says', was[9]) end
  -- Others were not told yet. Nor if it hid when Redis had lost the user, and that was lost as well.
  if was[6] and shows_online(was[6]) then
    if till > 0 then set('places', was[10] or user.strays) else set_last_seen(now_text) end
    return was[6]
  end
  if (was[10] or '') ~= '' and known_places() == '' then set('last_places', was[10]) end
  local since = was[7] or ''
  if since ~= '' then set('seen_at', since) end
  -- The archive does not say what others saw.
  return was[6] and gone_offline(was[6]) or (was[1] == 'invisible' and NOBODY or appearance('offline', was[2], was[3], nil, {}))
end

-- Nobody has said yet what the user was: nothing is published.
local function wait_for_confirmation(options, live)
  if not user.revision or options.tell then new_revision() end
  record(nil)
  save()
  if options.tell then call('SPUBLISH', ARGV[5], own_state(present_devices(live))) end
  local result = nothing(next_check(live))
  result[12] = 1
  return result
end

-- Publishes what changed and says what is left to do elsewhere.
-- options, all false by default:
--   again  show the user in all its workspaces once more, for a repair; where it is shown already
--          nobody notices
--   anew   with a new revision
--   tell   its own connections in any case: the user changed something
--   held   the client-held status of the caller, which knows what the user was should Redis have lost it
--   floor  the newest revision that the caller knows
--   evicted  Redis has lost what was published last
--   cause  why, for the list of changes; nobody said anything when it is left out
--   origin  as because() has it
-- Returns { revision, changed: 0, 1, or 2 when it is online before and after, online 0|1, the
--           published view, workspaces to enter, workspaces to leave, time of the next check (ms) or
--           0, status as chosen, end of the status (s), 0 for none, or -1 when it is what it was,
--           channels to leave: { session, channels, … }, count_transition() or 0,
--           1 when it is not confirmed what the user was, revision of what was published last,
--           workspaces that refused to be entered, of user/follow.lua }
local function reconcile(options)
  options = options or {}
  local why = options.cause and because(options.cause, options.origin) or user.cause or why_it_changes()
  if not user.unconfirmed and revert_status() then options.tell, why = true, 'expired' end
  local live = prune()
  revision_floor = options.floor or '0'
  if is_unconfirmed(options) then return wait_for_confirmation(options, live) end
  local devices = present_devices(live)
  local published = last_view(options, devices)
  local stays = user.seen ~= nil
  if options.evicted then set('seen', published) end
  local online = is_lingering() or (next(devices) ~= nil and not is_hidden(user.status))
  if not is_lingering() then set('hiding', nil) end
  if user.ending and tonumber(match(user.ending, '^%d+') or 0) <= now_ms then set('ending', nil) end
  local leaving = channels_to_leave(live, online)
  if not online and shows_online(published) and #leaving > 0 then
    if options.evicted then set('seen', nil) end
    return begin_to_leave(options, devices, leaving, why)
  end
  local view = target_view(devices, published)
  local changed = view ~= published or ((options.evicted or not user.seen) and online) or false
  local enter, leave, is_moved = move(workspaces_of(live, devices, online), changed or options.again)
  local is_new = changed or options.anew or options.tell or is_moved or #leaving > 0
  if is_new or options.evicted then new_revision() end
  local revision, transitions = user.revision or '0', 0
  stays = stays and online and shows_online(published)
  if changed then
    if online ~= shows_online(published) then transitions = count_transition() end
    set_published(view, revision)
  elseif options.evicted then
    set('seen_revision', revision) -- Newer than what anybody has read, and the same.
  elseif is_moved then
    set('moved', revision)
  end
  -- To be read as fast as who is away.
  if is_hidden(user.status) and not user.seen then set('seen', published) end
  record((changed or options.tell or is_confirmed) and why or nil, changed)
  save()
  if changed or options.tell then note_change(view, why) end
  if changed then
    publish(view, revision)
  elseif is_moved then
    call('SPUBLISH', ARGV[3], 'moved') -- Some may see it only in some workspaces.
  end
  -- Also that it hides, whoever of them said so, and that others have noticed: they hold that they have not.
  if options.tell or is_confirmed or (changed and (stays or is_hidden(user.status))) then
    call('SPUBLISH', ARGV[5], own_state(devices))
  end
  return { revision, changed and (stays and 2 or 1) or 0, online and 1 or 0, view, enter, leave,
    #leaving > 0 and now_ms or next_check(live), user.status or 'online', new_end(), leaving, transitions, 0,
    user.seen_revision or '0', {} }
end
