-- One user: what is stored of it, what others were told last, and where it is shown.
--
-- KEYS[1] presence:user:U           hash  status, custom_message, emoji, last_seen, updated_at (s),
--                                         expires_at (s), revision (us, of the newest change),
--                                         last_seen_by_rules (s, last_seen as these functions wrote it, of who
--                                         hides behind updated_at and a "=": the regular heartbeat, which is
--                                         none, may be late, and writes what it knows over last_seen),
--                                         seen (the last published view, JSON without braces),
--                                         seen_revision, seen_at (s), left (the fence: revision at
--                                         which it left its channels because nobody may see it),
--                                         places (workspaces it is shown in, separated by spaces),
--                                         last_places (once it is shown in none, those before), moved
--                                         (revision at which places changed, if nothing else did),
--                                         strays (workspaces that may show it, though it is not known),
--                                         regular (seen_revision while nothing has to be judged at a
--                                         heartbeat, and behind it how many sessions there are while
--                                         nothing but their silence can change what others see),
--                                         kept (revision of a client-held status that was restored),
--                                         unconfirmed (ms, until when its connections may say what
--                                         it was before Redis lost it), asked (ms, when they were asked
--                                         once more after that), missing (what it left as it was when
--                                         it said something meanwhile), unknowing (how many connections
--                                         have said that they know nothing), transitions (since when (s) and
--                                         how often it came or went), cause (why it is leaving its
--                                         channels, as because() says it; others may see it, and read
--                                         nothing, where there is no seen), ending (until when (ms) sessions
--                                         that are over were signed off, which device, "*" for all, and by
--                                         whom: nothing for the user itself), waiting (changes that could not be appended to the
--                                         change stream, a line each), begun (sessions that began or ended
--                                         while it was unconfirmed, as the change stream has them), unasked
--                                         (us, since when the archive, which may know more of the user,
--                                         could not be asked), hiding ("until since": when others
--                                         are to notice that the user hides (ms), and since when it does
--                                         (us)), says (who chose offline said more than that, which is told
--                                         with it), idle (devices that were idle when
--                                         they went, and until when (s) that is remembered, separated by
--                                         spaces); and
--                                         for each session
--                                         session:S   "deadline started flags device workspace kind": when
--                                           it is over unless it is refreshed (ms), since when it is
--                                           there (us), i idle or a active followed by e when its
--                                           connection has ended; the workspace may be "", and so is the
--                                           kind, with the space before it, when its device did not say one
--                                         until:S  its deadline as the regular heartbeat writes it, which is
--                                           no script (server/presence/regularheartbeat.h): of the two the later
--                                           one holds, and of a session that has ended the first
--                                         channels:S  channels that it looks at or types in,
--                                           separated by spaces; it may have left some
--                                         viewed:S  channels that it took over, and once its connection
--                                           has ended, that it looked at: for the device's next session
-- KEYS[2] presence:user:U:devices   zset  device -> last heartbeat (s), for other services
-- KEYS[3] presence:user:U:changes   list  for operators what others saw, or the user said, the newest first:
--                                         "time (s) seen chosen", what because() says, and where there is
--                                         one {"custom_message","emoji"}, as chosen
-- KEYS[4] presence:status_expiry    zset  user -> end of its status (s), for other services; not where
--                                         it is on another slot
-- KEYS[5] presence:visible          zset  and the next two: what user/follow.lua keeps for all users, only
-- KEYS[6] presence:workspaces       zset  where everything is on one server; the due queue only where the
-- KEYS[7] presence:index:users      zset  function moves the user's next check
-- ARGV[1] user id
-- ARGV[2] PRESENCE_TTL (s)
-- ARGV[3] sharded Pub/Sub channel of this user's changes
-- ARGV[4] Pub/Sub channel of all status changes, "" for none
-- ARGV[5] sharded Pub/Sub channel of the user's own connections
--
-- The hash is the unit of loss: a Redis that is short of memory evicts all that is known of a user
-- or nothing. Without a revision it is lost, or was never there: see is_evicted. What was published last
-- is then unknown, and the present truth is published anew, once one of its connections has said what
-- it was, or all had the time to.
--
-- Every script that changes something ends with reconcile(): it compares what others are to see with
-- the last published view, and publishes only a difference. So an event is sent once, whoever calls
-- and however often.

-- The functions of users share this file, which is run when the library is loaded. What follows is of one
-- call; begin() sets it.
local KEYS, ARGV
local user_key, devices_key, changes_key, signed_off_key, user_id, ttl
local now, now_us, now_ms, now_text
-- Fields of the user's hash as they are now, those that save() is to write, and the names of those that are
-- not PLAIN, some of which may be gone.
local user, unsaved, named
-- Nothing at all is known of the user: it is new, or was evicted.
local is_blank
-- Its devices were idle, of which another service says nothing.
local was_idle
-- The end of the status was written.
local is_end_new
-- What next_check() goes by was written.
local is_due_new
-- Sessions were found to be over.
local has_ended
-- What is stored of sessions and devices: live, over: session -> what it is; scores: device -> last
-- heartbeat (s). Nil until stored() has read it.
local sessions
-- device -> its newest session, which speaks for it; nil when that has changed.
local by_device
-- Set by the sweeper's script alone: the tags of nodes that are behind, which could not refresh their
-- sessions. Only there does a session expire; everywhere else a silent one is live.
local behind
-- And that it is the sweeper's, where user/follow.lua keeps the due queue.
local is_swept
-- Sessions that began or ended in this call, for the change stream: { id, event, session, cause }
local happened
-- The last answer of list_kinds().
local kinds_of, kinds_text
-- Texts as JSON.
local encoded
-- It is known what the user was before Redis lost it, or that it is new.
local is_confirmed
-- Redis has lost the user: connections of it are there, or devices with nothing besides. A hash that
-- another service wrote has no revision either.
local is_evicted, is_held
-- All that there was is what a heartbeat wrote of a user that had gone since it looked: forget_remains().
local has_remains
-- Of the channel of the user's own connections; nil until they were counted.
local listeners
-- Connections have so long (ms) to say what a user was that Redis has lost: longer than any pause before
-- a node that can reach Redis is connected again.
local confirm_time
-- What no node and no sweeper looks after is over in any case, so long (ms) after its deadline.
local forgotten_after
-- The newest revision that a connection knows: after a loss, and by a clock that was set back, a later
-- one still has to be greater.
local revision_floor
-- As in user/record.lua.
local stream, capacity

local NOBODY = '"status":"offline","custom_message":null,"emoji":null,"expires_at":null,"kinds":[]'
-- What the id of a device may begin with, to say of which kind it is.
local KINDS = { web = true, mobile = true, desktop = true, tablet = true }
-- For so long a device is still idle that was so when it went (s), and so many are remembered.
local IDLE_FOR, MOST_IDLE = 86400, 20
local SESSION, UNTIL, CHANNELS, VIEWED = 'session:', 'until:', 'channels:', 'viewed:'

-- Of a user's fields those that every user may have. Told apart by a table: a function of the string library
-- takes several times as long.
local PLAIN = { status = true, custom_message = true, emoji = true, last_seen = true, updated_at = true,
  last_seen_by_rules = true, expires_at = true, revision = true, seen = true, seen_revision = true, seen_at = true,
  left = true, places = true, last_places = true, moved = true, strays = true, regular = true, kept = true,
  unconfirmed = true, asked = true, missing = true, unknowing = true, transitions = true, cause = true,
  ending = true, waiting = true, begun = true, unasked = true, hiding = true, says = true, idle = true }

-- Of the libraries of Redis and of strings, which are not there yet while a library is loaded.
local call, format, match, find, byte, sub

-- A number in decimal. Not by %.0f, which takes several times as long.
local function whole(number) return format('%d', number) end

-- Whether one revision is older than another: most are as long, and as numbers they take several times as long.
local function is_older(revision, other)
  if #revision == #other then return revision < other end
  return #revision < #other
end

local function starts_with(text, prefix) return sub(text, 1, #prefix) == prefix end

-- Whether a field of the user's hash is one of a session; no other has a colon there.
local function is_session(field) return not PLAIN[field] and byte(field, #SESSION) == 58 end
local function is_deadline(field) return byte(field, #UNTIL) == 58 and starts_with(field, UNTIL) end

-- Where a change comes from, "node device by": the tag of a WebSocket's node, the device, and unless it is
-- the user itself operator:ID or service:ID. Of a session; what is not known is "".
local function origin_of(id, device, by)
  return (match(id, '^(%x+)%-') or '') .. ' ' .. device .. (by and ' ' .. by or '')
end

-- "cause", with its origin where that is known.
local function because(cause, origin)
  if not origin or origin == '' or origin == ' ' then return cause end
  return cause .. ' ' .. origin
end

-- A session that stands for a device which another service keeps alive.
local FOREIGN = 'foreign:'
local function is_foreign(id) return byte(id) == 102 and starts_with(id, FOREIGN) end

local function split(text)
  local set = {}
  if not text or text == '' then return set end
  if not find(text, ' ', 1, true) then
    set[text] = true
    return set
  end
  for word in string.gmatch(text, '%S+') do set[word] = true end
  return set
end

-- nil takes the field away. Written by save().
local function set(field, value)
  if user[field] ~= value then user[field], unsaved[field] = value, true end
end

-- A field that has the id of a session in its name.
local function set_of(prefix, id, value)
  local field = prefix .. id
  if value and not user[field] then named[#named + 1] = field end
  set(field, value)
end

-- A node's own users and workspaces (shared/core/reservedid.h) are in no count, and what is stored of them
-- is gone an hour after their node.
local function is_reserved(id) return byte(id) == 94 end
local KEEP_RESERVED = 3600

local function is_hidden(status)
  return status == 'invisible' or status == 'offline'
end

-- A view begins with "status":", which is ten bytes.
local function shows_online(view)
  return sub(view, 11, 18) ~= 'offline"'
end

-- Nothing has to be judged at a heartbeat: others see the user, and it is known what it is.
local function is_regular()
  return user.seen and shows_online(user.seen) and user.revision and user.seen_revision and not user.unconfirmed
    and not is_hidden(user.status)
end

-- How many sessions there are, all of them connected; nil where there is more to look at than when they end.
local function count_sessions()
  if user.expires_at or user.waiting then return nil end
  local count = 0
  for _, field in ipairs(named) do
    local text = user[field]
    if text and is_session(field) then
      if not find(text, '^%d+ %d+ %a ') then return nil end
      count = count + 1
    elseif text and byte(field, #CHANNELS) == 58 and not user[SESSION .. sub(field, #CHANNELS + 1)] then
      return nil
    end
  end
  return count
end

local function mark_regular()
  if not is_regular() then return set('regular', nil) end
  local count = count_sessions()
  set('regular', user.seen_revision .. (count and ' ' .. count or ''))
end

-- What a user is to be looked at for, besides its sessions.
local DUE = { unconfirmed = true, expires_at = true, hiding = true, waiting = true }

local function forget_remains()
  if has_remains then call('DEL', user_key) end
  has_remains = false
end

local function save()
  forget_remains()
  mark_regular()
  local hides = is_hidden(user.status)
  if unsaved.last_seen or unsaved.status or (hides and unsaved.updated_at) then
    set('last_seen_by_rules', user.last_seen and (hides and (user.updated_at or '') .. '=' or '') .. user.last_seen)
  end
  local written, gone = {}, {}
  for field in pairs(unsaved) do
    is_due_new = is_due_new or DUE[field] or is_session(field)
    if user[field] == nil then
      gone[#gone + 1] = field
    else
      written[#written + 1], written[#written + 2] = field, user[field]
    end
  end
  if #written > 0 then call('HSET', user_key, unpack(written)) end
  if is_reserved(user_id) then call('EXPIRE', user_key, KEEP_RESERVED) end
  if #gone > 0 then call('HDEL', user_key, unpack(gone)) end
  if unsaved.expires_at then
    is_end_new = true
    if KEYS[4] and user.expires_at then
      call('ZADD', KEYS[4], user.expires_at, user_id)
    elseif KEYS[4] then
      call('ZREM', KEYS[4], user_id)
    end
  end
  unsaved = {}
end

-- As JSON: of those that there are. Other services may write others.
local STATUSES = { online = '"online"', away = '"away"', busy = '"busy"', invisible = '"invisible"', offline = '"offline"' }

local function text_or_null(text)
  if not text or text == '' then return 'null' end
  if not encoded[text] then encoded[text] = cjson.encode(text) end
  return encoded[text]
end

local function describe(status, custom_message, emoji)
  return '"status":' .. (STATUSES[status] or text_or_null(status)) .. ',"custom_message":' .. text_or_null(custom_message)
    .. ',"emoji":' .. text_or_null(emoji)
end

-- One of the kinds is what a device said, or what its id begins with, else nil.
local function kind_of(s)
  if s.kind and s.kind ~= '' then return s.kind end
  local prefix = match(s.device, '^(%l+)%W') or s.device
  return KINDS[prefix] and prefix
end

-- Those of `devices` as JSON. The last answer is remembered: it is asked for others and for the user itself.
local function list_kinds(devices)
  if devices == kinds_of then return kinds_text end
  local kinds, known = {}, {}
  for _, s in pairs(devices) do
    local kind = kind_of(s)
    if kind and not known[kind] then known[kind], kinds[#kinds + 1] = true, '"' .. kind .. '"' end
  end
  if #kinds > 1 then table.sort(kinds) end
  kinds_of, kinds_text = devices, '[' .. table.concat(kinds, ',') .. ']'
  return kinds_text
end

-- As others see a user, or as it sees itself: of which kinds are the devices that it is online with.
local function appearance(status, custom_message, emoji, expires_at, devices)
  return describe(status, custom_message, emoji) .. ',"expires_at":' .. (expires_at or 'null')
    .. ',"kinds":' .. list_kinds(devices)
end

-- Who hides is seen for as long as if its app had been closed at that moment: until when (ms), and since when
-- it hides (us).
local function read_hiding(text)
  local till, since = match(text or '', '^(%d+) (%d+)$')
  return math.min(tonumber(till or 0), now_ms + ttl * 1000), tonumber(since or 0)
end

local function is_lingering()
  return user.hiding ~= nil and read_hiding(user.hiding) > now_ms and is_hidden(user.status)
end

-- A deadline further away than it is ever set to comes from a clock that was set back since: the
-- session lives for as long as one that was refreshed now.
local function read_session(id)
  local ends, started, flags, device, workspace, kind =
    match(user[SESSION .. id] or '', '^(%d+) (%d+) (%a+) (%S+) (%S*) ?(%S*)$')
  if not ends then return nil end
  local deadline, latest = tonumber(ends), now_ms + ttl * 1000
  if #flags == 1 then deadline = math.max(deadline, tonumber(user[UNTIL .. id]) or 0) end
  local is_ahead = deadline > latest
  return { deadline = is_ahead and latest or deadline, is_ahead = is_ahead,
    started = tonumber(started), device = device, workspace = workspace, kind = kind,
    idle = byte(flags) == 105, ended = #flags == 2 }
end

local function is_silent(s)
  return s.deadline <= now_ms and not s.ended
end

-- Devices without a WebSocket may have called any of the nodes, and one that refused a heartbeat says
-- so with a tag for them.
local function may_expire(id)
  return not behind['*'] and not behind[starts_with(id, 'rest:') and 'rest' or match(id, '^(%x+)%-') or '']
end

local function by_deadline(sessions, id, s)
  local is_over = s.deadline <= now_ms and (s.ended or (behind and may_expire(id)))
    or s.deadline + forgotten_after <= now_ms
  return is_over and sessions.over or sessions.live
end

local function read_devices(known)
  local list = call('ZRANGE', devices_key, '0', '-1', 'WITHSCORES')
  for i = 1, #list, 2 do
    local device, beat = list[i], math.min(tonumber(list[i + 1]), now)
    sessions.scores[device] = list[i + 1]
    if not known[device] and beat > now - ttl then
      sessions.live[FOREIGN .. device] = { deadline = (beat + ttl) * 1000, started = 0,
        device = device, workspace = '', idle = was_idle }
    end
  end
end

local function stored()
  if sessions then return sessions end
  sessions = { live = {}, over = {}, scores = {} }
  local known = {}
  for _, field in ipairs(named) do
    local text = user[field]
    if text and byte(field, #SESSION) == 58 then
      local id = sub(field, #SESSION + 1)
      local s = read_session(id)
      if s then
        known[s.device] = true
        by_deadline(sessions, id, s)[id] = s
      else
        sessions.over[id] = {}
      end
    end
  end
  read_devices(known)
  return sessions
end

-- Since when a session is there (us), of which its connection says that; 0 for since now.
local function since(text)
  local started = tonumber(text)
  return started > 0 and math.min(started, now_us) or now_us
end

local function write_session(id, s)
  local ends = whole(s.deadline)
  if not s.ended then set_of(UNTIL, id, ends) end
  set_of(SESSION, id, table.concat({ ends, whole(s.started),
    (s.idle and 'i' or 'a') .. (s.ended and 'e' or ''), s.device,
    s.workspace .. ((s.kind or '') ~= '' and ' ' .. s.kind or '') }, ' '))
  if not sessions then return end
  sessions.live[id], sessions.over[id], sessions.live[FOREIGN .. s.device] = nil, nil, nil
  by_deadline(sessions, id, s)[id] = s
  by_device = nil
end

-- Whether the user was erased after `us`: what is from before is not to come back.
local function was_erased_since(us)
  local erased = tonumber(call('GET', user_key .. ':erased') or 0)
  return erased > 0 and tonumber(us) <= erased
end

-- presence:user:U:signed_off: hash device, or "" for all of them -> when it was signed off, or until when
-- that holds for new tokens, too (ms). What began before that, and who brings a token that was issued before,
-- is refused.
-- Its key is signed_off_key.

-- Of a session: its device, since when it is there (us), 0 when that is not known, when its token was
-- issued (ms), 0 when the token does not say, and for how long that is refused then (ms).
local function is_signed_off(device, started, issued, hold)
  for _, at in ipairs(call('HMGET', signed_off_key, '', device)) do
    at = tonumber(at or 0)
    -- What began within the same millisecond did so before: who comes after it says no time.
    if at > 0 and ((started > 0 and started < (at + 1) * 1000) or (issued > 0 and issued <= at)
        or (issued == 0 and now_ms < at + hold)) then
      return true
    end
  end
  return false
end

local function note_session(id, event, s, cause)
  happened[#happened + 1] = { id = id, event = event, session = s, cause = cause }
end

-- device -> until when it is idle (s), of those that are not there.
local function idle_devices()
  local devices = {}
  for device, till in string.gmatch(user.idle or '', '(%S+) (%d+)') do
    if tonumber(till) > now then devices[device] = tonumber(till) end
  end
  return devices
end

local function remember_idle(device, is_idle)
  if not is_idle and not user.idle then return end
  local devices = idle_devices()
  if not is_idle and not devices[device] then return end
  devices[device] = is_idle and now + IDLE_FOR or nil
  local names, parts = {}, {}
  for name in pairs(devices) do names[#names + 1] = name end
  table.sort(names, function(a, b) return devices[a] > devices[b] end)
  for i = 1, math.min(#names, MOST_IDLE) do parts[i] = names[i] .. ' ' .. whole(devices[names[i]]) end
  set('idle', #parts > 0 and table.concat(parts, ' ') or nil)
end

-- The connection of one that has ended is gone since then, and was noted.
local function forget_session(id, cause)
  local s = sessions.live[id] or sessions.over[id]
  if s and s.device and not s.ended and not is_foreign(id) then
    note_session(id, 'disconnected', s, cause)
  end
  if s and s.device and not is_foreign(id) then remember_idle(s.device, s.idle) end
  set(SESSION .. id, nil)
  set(UNTIL .. id, nil)
  set(VIEWED .. id, nil)
  sessions.live[id], sessions.over[id], by_device = nil, nil, nil
end

-- Not while others still see a user that hides, with the devices that it had: until they are told.
local function beat(device)
  if user.hiding then return end
  call('ZADD', devices_key, now_text, device)
  call('EXPIRE', devices_key, ARGV[2])
  if sessions then sessions.scores[device] = now_text end
end

local function forget_device(device)
  call('ZREM', devices_key, device)
  sessions.scores[device] = nil
end

-- Of those that are live and began before `till` (us).
local function newest_sessions_before(till)
  local devices = {}
  for _, s in pairs(stored().live) do
    local other = devices[s.device]
    if s.started <= till and (not other or other.started < s.started) then devices[s.device] = s end
  end
  return devices
end

-- Of those that are live.
local function newest_sessions()
  by_device = by_device or newest_sessions_before(math.huge)
  return by_device
end

-- Silent sessions keep a user online, but bring nobody back.
local function is_present(live)
  for _, s in pairs(live) do
    if not is_silent(s) then return true end
  end
  return next(live) ~= nil and shows_online(user.seen or NOBODY)
end

-- A connection is open, or a device calls by REST.
local function is_connected(live)
  for _, s in pairs(live) do
    if not s.ended and not is_silent(s) then return true end
  end
  return false
end

-- The devices that make a user online, or would if it were not hidden.
local function present_devices(live)
  return (is_present(live) or is_hidden(user.status)) and newest_sessions() or {}
end

-- The ids of sessions, the newest last: of a device it has the last word.
local function by_age(of)
  local ids = {}
  for id in pairs(of) do ids[#ids + 1] = id end
  if #ids > 1 then
    table.sort(ids, function(a, b)
      local one, other = of[a].started or 0, of[b].started or 0
      return one < other or (one == other and a < b)
    end)
  end
  return ids
end

-- Forgets sessions that are over, and devices without a session. Returns the other sessions.
local function prune()
  local over = by_age(stored().over)
  for _, id in ipairs(over) do forget_session(id, 'silent') end
  has_ended = has_ended or #over > 0
  -- To write one changes the table that it is in, which may not be while that is walked.
  local ahead = {}
  for id, s in pairs(sessions.live) do
    if s.is_ahead then ahead[id] = s end
  end
  for id, s in pairs(ahead) do write_session(id, s) end
  -- A heartbeat was late, or a daemon of before ended the session.
  for _, field in ipairs(named) do
    if is_deadline(field) and not user[SESSION .. sub(field, #UNTIL + 1)] then set(field, nil) end
  end
  local devices = newest_sessions()
  for device, score in pairs(sessions.scores) do
    if not devices[device] then
      forget_device(device)
    elseif tonumber(score) > now then
      beat(device)
    end
  end
  return sessions.live
end

-- session -> channels, separated by spaces
local function stored_channels()
  local channels = {}
  for _, field in ipairs(named) do
    local text = user[field]
    if text and byte(field, #CHANNELS) == 58 and starts_with(field, CHANNELS) then
      channels[sub(field, #CHANNELS + 1)] = text
    end
  end
  return channels
end

-- "" for none
local function set_channels(id, text)
  set_of(CHANNELS, id, text ~= '' and text or nil)
end

-- The channels that the device's last connection looked at, "" for none, are those of session `id` from
-- now on, and of no other.
local function take_over_channels(id, device)
  local newest
  for other, s in pairs(stored().live) do
    local is_one = s.ended and s.device == device and user[VIEWED .. other] ~= nil
    if is_one and (not newest or s.started > sessions.live[newest].started) then newest = other end
  end
  if not newest then return '' end
  local channels = user[VIEWED .. newest]
  set(VIEWED .. newest, nil)
  set_of(VIEWED, id, channels ~= '' and channels or nil)
  return channels
end

-- The user may be shown in the workspace, though that is not stored: it is to be taken out of it there,
-- unless it is in it. Nobody has to have seen it there.
local function add_stray(workspace)
  if workspace ~= '' and not split(user.places)[workspace] then
    set('strays', (user.strays or '') .. ' ' .. workspace)
  end
end

-- Where it is shown, or was last.
local function known_places()
  local places = user.places or ''
  return places ~= '' and places or user.last_places or ''
end

-- Written also where it is what it was: by a heartbeat, which does not write it for these functions.
local function set_last_seen(at)
  user.last_seen, unsaved.last_seen = at, true
end

-- last_seen of a user in hiding stays at the moment it hid.
local function seen_now()
  if not is_hidden(user.status) then set_last_seen(now_text) end
end

-- A heartbeat that was late may have written over what these functions wrote. Of who hides that alone holds:
-- a heartbeat may have begun before, or by another clock. Not once another service, or a daemon of before, has
-- changed the status, which does not write it.
local function take_last_seen()
  local at = user.last_seen_by_rules
  if not at then return end
  if is_hidden(user.status) then
    local updated_at, hid = match(at, '^([^=]*)=(%d+)$')
    if hid and updated_at == (user.updated_at or '') then
      if user.last_seen ~= hid then set_last_seen(hid) end
      return
    end
  end
  if is_older(now_text, at) then
    set('last_seen_by_rules', nil) -- by a clock that was set back since, or of who does not hide any more
  elseif is_older(user.last_seen or '0', at) then
    set_last_seen(at)
  end
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

-- What watchers were told last, as they are told it.
local function payload(view, last_seen, at, revision)
  return '{"user_id":"' .. user_id .. '",' .. view .. ',"last_seen":' .. (last_seen or 'null')
    .. ',"updated_at":' .. (at or 'null') .. ',"revision":' .. revision .. '}'
end

-- As the user itself sees it.
local function own_view(devices)
  local shown = next(devices) == nil and 'offline' or effective(user.status or 'online', devices)
  return appearance(shown, user.custom_message, user.emoji, user.expires_at, devices)
end

local function status_of(view)
  return match(view, '^"status":"(%a+)"')
end

-- It is known what the user was before Redis lost it, or that it is new.
local function confirm()
  for _, field in ipairs({ 'unconfirmed', 'asked', 'missing', 'unknowing' }) do set(field, nil) end
  is_confirmed = true
  if next(present_devices(stored().live)) ~= nil then seen_now() end
end

-- Of a view that shows nothing there is nothing to end.
local function without_idle_end(view)
  if shows_online(view) then return view end
  return (string.gsub(view, '^("status":"offline","custom_message":null,"emoji":null),"expires_at":%d+',
    '%1,"expires_at":null'))
end

-- A view of who was seen before: without a message that was changed in hiding.
local function gone_offline(view)
  view = string.gsub(view, '^"status":"%a+"', '"status":"offline"')
  return (string.gsub(without_idle_end(view), ',"kinds":%b[]$', ',"kinds":[]'))
end

-- When the status in a view ends (s), or nil.
local function end_of(view)
  return tonumber(match(view, ',"expires_at":(%d+),"kinds":'))
end

-- The view with other texts.
local function with_texts(view, status, custom_message, emoji, expires_at)
  return describe(status, custom_message, emoji) .. ',"expires_at":' .. (expires_at or 'null')
    .. (match(view, ',"kinds":%b[]$') or ',"kinds":[]')
end

-- The status as chosen, for the user's connections to hold in case Redis loses it: "" for the default,
-- "?" while it is not confirmed.
local function client_held_status()
  if user.unconfirmed then return '?' end
  local status, message, emoji = user.status or 'online', user.custom_message, user.emoji
  if status == 'online' and not message and not emoji and not user.expires_at then return '' end
  local held = { status, message or '', emoji or '', user.expires_at or '0' }
  -- What others see stays what it was when the user hid, or will be when it has left its channels.
  if is_hidden(status) then
    held[5], held[6] = user.last_seen or '', user.seen or NOBODY
    held[7] = user.seen_at or ''
    -- It is there until others have noticed, which may be after the time at which they are to.
    held[8], held[9] = user.hiding or '', user.says or ''
    held[10] = known_places()
    if not user.hiding then held[6] = gone_offline(held[6]) end
  end
  return cjson.encode(held)
end

-- Reverts a status whose clear_after is over.
local function revert_status()
  local expires_at = tonumber(user.expires_at or 0)
  if expires_at == 0 or expires_at > now then return false end
  -- Who comes out of hiding is seen.
  if is_hidden(user.status) and is_connected(stored().live) then set_last_seen(now_text) end
  for _, field in ipairs({ 'expires_at', 'custom_message', 'emoji', 'says' }) do set(field, nil) end
  set('status', 'online')
  set('updated_at', now_text)
  return true
end

-- The status that a connection holds, "" for the default: { status, message, emoji, end }, and of who
-- hides { …, last_seen, what others see, since when (s), hiding of who is still seen for a while, says },
-- "" where there is none, and where it was shown last
local function read_held(held)
  local result = held ~= '' and cjson.decode(held)
  if not result or (result[4] ~= '0' and tonumber(result[4]) <= now) then return { 'online', '', '', '0' } end
  return result
end

-- What the user has said since it was lost goes before what its connections hold; of those, the
-- latest counts. `missing`: what it left as it was when it said that.
local function restore_status(held, revision)
  local from = tonumber(user.kept or 0)
  if from >= tonumber(revision) then return end
  local status, message, emoji, expires_at, last_seen = unpack(read_held(held), 1, 5)
  local missing = split(user.missing)
  local is_all = not user.updated_at
  if (last_seen or '') ~= '' and not user.last_seen then set_last_seen(last_seen) end
  if is_all or missing.status then
    set('status', status ~= 'online' and status or nil)
    -- One that was said meanwhile is of the same status.
    if is_all or not user.expires_at then set('expires_at', expires_at ~= '0' and expires_at or nil) end
  end
  if is_all or missing.custom_message then set('custom_message', message ~= '' and message or nil) end
  if is_all or missing.emoji then set('emoji', emoji ~= '' and emoji or nil) end
  if is_all or next(missing) then set('kept', revision) end
end

local function set_missing(fields)
  local names = {}
  for field in pairs(fields) do names[#names + 1] = field end
  set('missing', table.concat(names, ' '))
end

-- A connection may know of a user that Redis has lost only what it said meanwhile, while it was not confirmed:
-- "?" and JSON of { status, message, emoji, end, revision }, null for what was left as it was.
local function has_heard(held) return byte(held) == 63 and #held > 1 end

-- As if it were said now, but for what was said since; should Redis not know the rest, others are to say it.
local function restore_heard(held)
  local status, message, emoji, expires_at, revision = unpack(cjson.decode(sub(held, 2)), 1, 5)
  local is_over = expires_at ~= '0' and tonumber(expires_at) <= now
  local missing, is_all = split(user.missing), not user.updated_at
  if is_over or tonumber(user.kept or 0) >= tonumber(revision) or not (is_all or missing.status) then return end
  local is_unknown = is_evicted or user.unconfirmed or user.unasked
  local function write(field, value)
    if not is_all and not missing[field] then return end
    local is_said = type(value) == 'string'
    if is_said then set(field, value ~= '' and value or nil) end
    missing[field] = not is_said or nil
  end
  set('status', status)
  missing.status = nil
  if is_all or not user.expires_at then set('expires_at', expires_at ~= '0' and expires_at or nil) end
  set('updated_at', now_text)
  write('custom_message', message)
  write('emoji', emoji)
  if is_unknown then set_missing(missing) end
end

-- { device, last heartbeat (s), … } of those that are live, the latest last.
local function list_devices(devices)
  local scores, names, shown = stored().scores, {}, {}
  local function last(device) return tonumber(scores[device] or now) end
  for device in pairs(devices) do names[#names + 1] = device end
  if #names > 1 then
    table.sort(names, function(a, b)
      if last(a) == last(b) then return a < b end
      return last(a) < last(b)
    end)
  end
  for _, device in ipairs(names) do
    shown[#shown + 1], shown[#shown + 2] = device, scores[device] or now_text
  end
  return shown
end

-- Connections of the user, one at least for each thread that has some, but for `own` that the caller
-- speaks for.
local function is_held_elsewhere(own)
  listeners = listeners or call('PUBSUB', 'SHARDNUMSUB', ARGV[5] or '')[2]
  return listeners > own
end

-- They are asked to say what they know, once in a moment.
local function ask_connections()
  if call('SET', user_key .. ':asked', 1, 'NX', 'PX', 200) then
    call('SPUBLISH', ARGV[5], 'announce')
  end
end

local function load_libraries()
  if call then return end
  call = redis.call
  format, match, find, byte, sub = string.format, string.match, string.find, string.byte, string.sub
end

-- Redis has lost the user, or it was erased, between the two halves of a heartbeat.
local function is_remains()
  if #named == 0 then return false end
  for field in pairs(user) do
    if field ~= 'last_seen' and not is_deadline(field) then return false end
  end
  return true
end

-- A call begins: what is stored is read.
local function begin()
  load_libraries()
  user_key, devices_key, changes_key = KEYS[1], KEYS[2], KEYS[3]
  signed_off_key = user_key .. ':signed_off'
  user_id, ttl = ARGV[1], tonumber(ARGV[2])
  local time = call('TIME')
  now, now_text = tonumber(time[1]), time[1]
  now_us = now * 1000000 + tonumber(time[2])
  now_ms = math.floor(now_us / 1000)
  confirm_time, forgotten_after = math.min(6000, ttl * 500), (ttl + 3600) * 1000
  user, unsaved, named = {}, {}, {}
  local all = call('HGETALL', user_key)
  for i = 1, #all, 2 do
    local field = all[i]
    user[field] = all[i + 1]
    if not PLAIN[field] then named[#named + 1] = field end
  end
  has_remains = not user.revision and is_remains()
  if has_remains then user, named = {}, {} end
  is_blank = next(user) == nil
  was_idle = user.status ~= 'away' and user.seen ~= nil and sub(user.seen, 11, 15) == 'away"'
  is_end_new, sessions, by_device, behind, is_swept, happened = false, nil, nil, nil, false, {}
  is_confirmed, is_due_new, has_ended, revision_floor = false, false, false, '0'
  take_last_seen()
  kinds_of, kinds_text, encoded = nil, nil, {}
  stream, capacity = nil, nil
  if (ARGV[6] or '') ~= '' then stream, capacity = match(ARGV[6], '^(%S+) (%d+)$') end
  is_evicted, is_held, listeners = false, false, nil
  if not user.revision then
    is_held = is_held_elsewhere(0)
    is_evicted = is_held or (is_blank and next(stored().live) ~= nil)
  end
end
