-- A user as it is, or as others were told. Needs user/lib.lua. Writes nothing.
-- ARGV[6] truth: as the user itself and an admin see it; public: as everybody else does
-- Returns { status, message and emoji as JSON without braces, last_seen, revision, { device, last
-- heartbeat, … }, status as chosen, revision at which it left its channels, what its connections
-- are to hold, 1 when Redis has lost the user and its connections have not said what it is, 3 when they
-- are to be asked, 2 when Redis knows nothing of it, where it is shown, or was last; of the
-- truth, where its devices are }; what is not there is "".

local devices = present_devices(stored().live)
local status, revision, view = user.status or 'online', user.revision, nil
local is_unknown = is_evicted or user.unconfirmed

-- Of a user that another service wrote nobody was told: it is seen as it is.
if ARGV[6] == 'public' and (user.seen or is_unknown or is_hidden(user.status)) then
  view, revision = user.seen or NOBODY, user.seen_revision
  if not shows_online(view) then devices = {} end
else
  view = own_view(devices)
  if ARGV[6] == 'public' then view = without_idle_end(view) end
end

-- Others see of who hides the devices that it had then.
if ARGV[6] == 'public' and is_hidden(status) then
  for device in pairs(devices) do
    if not sessions.scores[device] then devices[device] = nil end
  end
end

local is_truth = ARGV[6] == 'truth'
local places = known_places()
-- Whoever sees the truth sees it where the user is.
if is_truth then
  local workspaces = {}
  for _, s in pairs(devices) do
    if s.workspace ~= '' then workspaces[#workspaces + 1] = s.workspace end
  end
  if #workspaces > 0 then places = table.concat(workspaces, ' ') end
end
return { view, user.last_seen or '', revision or '0', list_devices(devices),
  is_truth and status or 'online', is_truth and user.left or '0',
  is_truth and client_held_status() or '', is_held and 3 or is_unknown and 1 or ((is_blank or (user.unasked and next(devices) == nil)) and 2 or 0), places }
