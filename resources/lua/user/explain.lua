-- Everything that is known of a user, and which rule makes it what it is. Needs user/lib.lua.
-- Writes nothing.
-- Returns { now (ms), rule, what the user itself sees and what others were told (JSON without
-- braces), { status, custom_message, emoji, last_seen, updated_at, expires_at, seen_at, places }, ""
-- for what is not there, { session, text as stored with the deadline that holds, … }, { device, last heartbeat (s), … },
-- { session, channels, … }, changes as stored }
-- rule: no_device, hidden, chosen, all_idle, active, or lost, while its connections may say what it was

local devices = present_devices(stored().live)
local _, rule = effective(user.status or 'online', devices)
if user.unconfirmed then
  rule = 'lost'
elseif next(devices) == nil then
  rule = 'no_device'
end

local fields, texts, scores, channels = {}, {}, {}, {}
for i, name in ipairs({ 'status', 'custom_message', 'emoji', 'last_seen', 'updated_at', 'expires_at',
  'seen_at', 'places' }) do fields[i] = user[name] or '' end
for field, text in pairs(user) do
  local id = is_session(field) and sub(field, #SESSION + 1)
  local s = id and read_session(id)
  if s then texts[#texts + 1], texts[#texts + 2] = id, whole(s.deadline) .. match(text, ' .*') end
end
for id, list in pairs(stored_channels()) do channels[#channels + 1], channels[#channels + 2] = id, list end
for device, score in pairs(sessions.scores) do
  scores[#scores + 1], scores[#scores + 2] = device, score
end
return { whole(now_ms), rule, own_view(devices), user.seen or NOBODY, fields, texts, scores, channels,
  call('LRANGE', changes_key, 0, 2 * CHANGES - 1) }
