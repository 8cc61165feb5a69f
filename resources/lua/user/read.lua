-- A user as it is and as others see it. Writes nothing.
--
-- KEYS as in user/lib.lua
-- ARGV[1] PRESENCE_TTL (s)
-- ARGV[2] truth: as the user itself and an admin see it; public: as everybody else does
-- Returns { status, custom_message, emoji, last_seen, revision, { device, last heartbeat, … } };
-- what is not there is "".

local now = tonumber(redis.call('TIME')[1])
local h = redis.call('HMGET', KEYS[1], 'status', 'custom_message', 'emoji', 'last_seen', 'revision',
  'seen')
local devices = redis.call('ZRANGEBYSCORE', KEYS[2], now - tonumber(ARGV[1]), '+inf', 'WITHSCORES')
local status, custom_message, emoji = h[1] or 'online', h[2] or '', h[3] or ''

if ARGV[2] == 'public' and (status == 'invisible' or status == 'offline') then
  devices = {}
  if status == 'invisible' then
    local seen = h[6] and cjson.decode('{' .. h[6] .. '}') or {}
    local function text(value) return value ~= cjson.null and value or '' end
    custom_message, emoji = text(seen.custom_message), text(seen.emoji)
  end
end
if #devices == 0 then status = 'offline' end
return { status, custom_message, emoji, h[4] or '', h[5] or '0', devices }
