-- What watchers were told last. Needs user/lib.lua. Writes nothing.
-- Returns { revision, JSON as in the user's events, 1 when Redis knows nothing of it }

if is_held then ask_connections() end
local revision = get('seen_revision') or '0'
return { revision, payload(get('seen') or NOBODY, get('last_seen'), get('seen_at'), revision),
  is_blank and not is_held and 1 or 0 }
