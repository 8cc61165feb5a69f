-- Reverts a status whose clear_after is over; does nothing when it is not. Needs user/lib.lua and
-- user/reconcile.lua.
-- Returns what reconcile() returns.

local expires_at = tonumber(get('expires_at') or 0)
if expires_at > 0 and expires_at <= now then
  -- Who comes out of hiding is seen.
  if is_hidden(get('status')) and is_present(stored().live) then set('last_seen', whole(now)) end
  for _, field in ipairs({ 'expires_at', 'custom_message', 'emoji' }) do set(field, nil) end
  set('status', 'online')
  set('updated_at', whole(now))
  return reconcile({ tell = true, cause = 'expired' })
end
return reconcile()
