-- Everything that is known of a user, and which rule makes it what it is. Needs user/lib.lua.
-- Writes nothing.
-- Returns { now (ms), rule, what the user itself sees and what others were told (JSON without
-- braces), the fields of FIELDS, "" for what is not there, { session, text as stored, … },
-- { device, last heartbeat (s), … }, { session, channels, … }, changes as stored }
-- rule: no_device, hidden, chosen, all_idle, active, or lost

local sessions_of_user = stored()
local devices = present_devices(sessions_of_user.live)
local _, rule = effective(get('status') or 'online', devices)
if get('lost') then
  rule = 'lost'
elseif next(devices) == nil then
  rule = 'no_device'
end

local fields, scores = {}, {}
for i, name in ipairs(FIELDS) do fields[i] = get(name) or '' end
for device, score in pairs(sessions_of_user.scores) do
  scores[#scores + 1], scores[#scores + 2] = device, score
end
return { whole(now_ms), rule, own_view(devices), get('seen') or NOBODY, fields,
  redis.call('HGETALL', sessions_key), scores, redis.call('HGETALL', channels_key),
  redis.call('LRANGE', changes_key, 0, 19) }
