-- Sessions of a user are over, or nobody may see the user: they neither look nor type any more.
-- Needs channel/lib.lua.
-- ARGV[6] user id
-- ARGV[7] revision of a user that nobody may see: all its sessions with an older one are meant;
--         0 for the sessions that are named
-- ARGV[8…] session ids
-- Returns what state() returns.

local FORGET_LEFT_AFTER_US = 600 * 1000000

local user, revision = ARGV[6], tonumber(ARGV[7])
local named = {}
for i = 8, #ARGV do named[ARGV[i]] = true end
local function is_over(session, s)
  return named[session] or tonumber(s.revision) < revision
end
if revision > 0 then
  redis.call('ZADD', left_key, 'GT', revision, user)
  redis.call('ZREMRANGEBYSCORE', left_key, '-inf', now_us - FORGET_LEFT_AFTER_US)
  redis.call('EXPIRE', left_key, 3600)
end
drop_typing(user, is_over)
drop_views(user, is_over)
return state()
