-- A user as it is, or as others were told. Needs user/lib.lua. Writes nothing.
-- ARGV[6] truth: as the user itself and an admin see it; public: as everybody else does
-- Returns { status, message and emoji as JSON without braces, last_seen, revision, { device, last
-- heartbeat, … }, status as chosen, revision at which it left its channels, what its connections
-- are to hold, 1 when Redis has lost the user and its connections are about to say what it is,
-- 2 when Redis knows nothing of it, where it is shown, or was last; of the
-- truth, where its devices are }; what is not there is "".

local devices = present_devices(stored().live)
local status, revision, view = get('status') or 'online', get('revision'), nil
local is_unknown = is_evicted or get('unconfirmed')
if is_held then ask_connections() end

-- Of a user that another service wrote nobody was told: it is seen as it is.
if ARGV[6] == 'public' and (get('seen') or is_unknown or is_hidden(get('status'))) then
  view, revision = get('seen') or NOBODY, get('seen_revision')
  if not shows_online(view) then devices = {} end
else
  view = own_view(devices)
  if ARGV[6] == 'public' then view = without_idle_end(view) end
end

-- Of who hides nothing goes on, and what is over is over before the sweeper has told so.
if ARGV[6] == 'public' and is_hidden(status) then
  local till, since = read_hiding(get('hiding'))
  local known = {}
  for _, s in pairs(stored().live) do
    if till > now_ms and s.started <= since then known[s.device] = true end
  end
  for device in pairs(devices) do
    if not known[device] then devices[device] = nil end
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
return { view, get('last_seen') or '', revision or '0', list_devices(devices),
  is_truth and status or 'online', is_truth and get('left') or '0',
  is_truth and client_held_status() or '', is_unknown and 1 or ((is_blank or (get('unasked') and next(devices) == nil)) and 2 or 0), places }
