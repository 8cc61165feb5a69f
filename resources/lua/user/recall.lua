-- What the archive says of a user that Redis does not know. Needs user/lib.lua, user/record.lua and
-- user/reconcile.lua.
-- ARGV[7] found; or none, also when the archive is away
-- ARGV[8] the status as a connection holds it, and ARGV[9] the user's revision that it is from
-- ARGV[10] last_seen (s), and ARGV[11] updated_at (s), 0 for none
-- ARGV[12] JSON: status, custom_message and emoji as others saw them last
-- Returns what reconcile() returns.

-- Connections of the user know better: they are about to say it, all but those that know nothing.
if is_held_elsewhere(tonumber(get('unknowing') or 0)) or (get('revision') and not get('unconfirmed')) then
  return nothing(0)
end
if ARGV[7] == 'none' then
  -- It is new.
  if get('unconfirmed') then confirm() end
  return get('revision') and reconcile({ cause = 'connected' }) or nothing(0)
end

restore_status(ARGV[8], ARGV[9])
if not get('last_seen') and ARGV[10] ~= '0' then set('last_seen', ARGV[10]) end
if next(stored().live) ~= nil then
  return reconcile({ held = ARGV[8], floor = ARGV[9], cause = 'repaired' })
end
-- Nobody is there, so nobody has to be told: it is what it was.
local shown = cjson.decode(ARGV[12])
local function text(value) return type(value) == 'string' and value or nil end
if not get('updated_at') and ARGV[11] ~= '0' then set('updated_at', ARGV[11]) end
set('seen', describe('offline', text(shown.custom_message), text(shown.emoji)))
set('seen_at', get('updated_at'))
set('seen_revision', ARGV[9])
set('revision', whole(math.max(tonumber(get('revision') or 0), tonumber(ARGV[9]))))
confirm()
return reconcile()
