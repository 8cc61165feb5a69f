-- All sessions of a device, or of all, are over, and stay so. Needs user/lib.lua and user/reconcile.lua.
-- ARGV[7] device id, "" for all
-- ARGV[8] prefix of sessions that may come back: they have no connection that could be slow to end
-- Returns what reconcile() returns.

local over = {}
for id, session in pairs(stored().live) do
  if ARGV[7] == '' or session.device == ARGV[7] then
    over[#over + 1] = id
    forget_device(session.device)
  end
end
if ARGV[7] ~= '' then forget_device(ARGV[7]) end
if #over > 0 and not is_evicted then seen_now() end
for _, id in ipairs(over) do
  forget_session(id, 'signed_off')
  if not starts_with(id, ARGV[8]) and not is_foreign(id) then
    -- Kept for longer than a node can be cut off without closing its connections.
    sessions.off[id] = now_ms + 3600 * 1000
    set(SESSION .. id, 'off ' .. whole(sessions.off[id]))
  end
end
return reconcile({ cause = 'signed_off' })
