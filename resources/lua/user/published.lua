-- What watchers were told last. Needs user/lib.lua. Writes nothing.
-- ARGV[6] 1 when the revision is to grow with where the user is shown as well, else 0
-- Returns { revision, JSON as in the user's events, 1 when Redis knows nothing of it, where it is shown,
-- or was last }

if is_held then ask_connections() end
local revision = get('seen_revision') or '0'
if ARGV[6] == '1' and tonumber(get('moved') or 0) > tonumber(revision) then revision = get('moved') end
return { revision, payload(get('seen') or NOBODY, get('last_seen'), get('seen_at'), revision),
  is_blank and not is_held and 1 or 0, known_places() }
