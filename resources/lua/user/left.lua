-- The channels that reconcile() named were left. Needs user/lib.lua and user/reconcile.lua.
-- ARGV[7] of the sweeper, where the due queue is on this server: when the user was due; else ""
-- ARGV[8...] pairs of session and channels, as reconcile() gave them
-- Returns what reconcile() returns.

is_swept = ARGV[7] ~= ''
local live = stored().live
local online = is_present(live) and not is_hidden(user.status)
for i = 8, #ARGV, 2 do
  -- A session that is seen again has entered its channels anew.
  local is_back = online and live[ARGV[i]]
  if not is_back and stored_channels()[ARGV[i]] == ARGV[i + 1] then set_channels(ARGV[i], '') end
end
return reconcile()
