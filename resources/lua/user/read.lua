-- A user as it is, or as others were told. Needs user/lib.lua. Writes nothing.
-- ARGV[5] truth: as the user itself and an admin see it; public: as everybody else does
-- Returns { status, message and emoji as JSON without braces, last_seen, revision, { device, last
-- heartbeat, … }, status as chosen, revision at which it left its channels }; what is not there is
-- "".

local h = redis.call('HMGET', user_key, 'status', 'custom_message', 'emoji', 'last_seen',
  'revision', 'seen', 'seen_revision', 'left')
local devices = newest_sessions((live_sessions()))
local status, revision, view = h[1] or 'online', h[5], nil

-- Of a user that another service wrote nobody was told: it is seen as it is.
if ARGV[5] == 'public' and (h[6] or is_hidden(h[1])) then
  view, revision = h[6] or NOBODY, h[7]
  if not shows_online(view) then devices = {} end
elseif next(devices) == nil then
  view = describe('offline', h[2], h[3])
else
  view = describe(effective(status, devices), h[2], h[3])
end

local list = redis.call('ZRANGE', devices_key, 0, -1, 'WITHSCORES')
local shown = {}
for i = 1, #list, 2 do
  if devices[list[i]] then
    shown[#shown + 1] = list[i]
    shown[#shown + 1] = list[i + 1]
  end
end
local is_truth = ARGV[5] == 'truth'
return { view, h[4] or '', revision or '0', shown, is_truth and status or 'online',
  is_truth and h[8] or '0' }
