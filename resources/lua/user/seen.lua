-- What watchers were told last. Needs user/lib.lua. Writes nothing.
-- Returns { revision, JSON as in the user's events }

if is_held then ask_connections() end
local revision = get('seen_revision') or '0'
return { revision, payload(get('seen') or NOBODY, get('last_seen'), get('seen_at'), revision) }
