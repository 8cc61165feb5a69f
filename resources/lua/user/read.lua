-- A user as it is, or as others were told. Needs user/lib.lua. Writes nothing.
-- ARGV[6] truth: as the user itself and an admin see it; public: as everybody else does
-- Returns { status, message and emoji as JSON without braces, last_seen, revision, { device, last
-- heartbeat, … }, status as chosen, revision at which it left its channels }; what is not there is
-- "".

local h = redis.call('HMGET', user_key, 'status', 'custom_message', 'emoji', 'last_seen',
  'revision', 'seen', 'seen_revision', 'left')
local devices = newest_sessions((live_sessions()))
local status, revision, view = h[1] or 'online', h[5], nil

-- Of a user that another service wrote nobody was told: it is seen as it is.
if ARGV[6] == 'public' and (h[6] or is_hidden(h[1])) then
  view, revision = h[6] or NOBODY, h[7]
  if not shows_online(view) then devices = {} end
else
  view = own_view(status, h[2], h[3], devices)
end

local is_truth = ARGV[6] == 'truth'
return { view, h[4] or '', revision or '0', list_devices(devices), is_truth and status or 'online',
  is_truth and h[8] or '0' }
