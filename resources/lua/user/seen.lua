-- What watchers were told last. Needs user/lib.lua. Writes nothing.
-- Returns { revision, JSON as in the user's events }

local h = redis.call('HMGET', user_key, 'seen', 'seen_revision', 'seen_at', 'last_seen')
local revision = h[2] or '0'
return { revision, payload(h[1] or NOBODY, h[4], h[3], revision) }
