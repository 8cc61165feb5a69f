-- What watchers were told last. Needs user/lib.lua. Writes nothing.
-- ARGV[6] 1 when the revision is to grow with where the user is shown as well, else 0
-- Returns { revision, JSON as in the user's events, 1 when Redis knows nothing of it, or 3 as
-- user/read.lua has it, where it is shown,
-- or was last }

local revision = user.seen_revision or '0'
if ARGV[6] == '1' and tonumber(user.moved or 0) > tonumber(revision) then revision = user.moved end
return { revision, payload(user.seen or NOBODY, user.last_seen, user.seen_at, revision),
  is_held and 3 or is_blank and 1 or 0, known_places() }
