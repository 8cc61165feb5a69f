-- Sessions of a user are over, or nobody may see the user: they neither look nor type any more.
-- Needs channel/lib.lua.
-- ARGV[6] user id
-- ARGV[7] revision of the user: what is said later with an older one does not count
-- ARGV[8] all: all sessions with an older revision are meant; named: only those that follow
-- ARGV[9…] session ids
-- Returns what state() returns.

local FORGET_LEFT_AFTER_US = 600 * 1000000

local user, revision, all = ARGV[6], tonumber(ARGV[7]), ARGV[8] == 'all'
local named = {}
for i = 9, #ARGV do
  named[ARGV[i]] = true
  redis.call('ZADD', left_key, 'GT', revision, user .. ' ' .. ARGV[i])
end
if all then redis.call('ZADD', left_key, 'GT', revision, user) end
redis.call('ZREMRANGEBYSCORE', left_key, '-inf', now_us - FORGET_LEFT_AFTER_US)
redis.call('EXPIRE', left_key, 3600)
local function is_over(session, s)
  return named[session] or (all and tonumber(s.revision) < revision)
end
drop_typing(user, is_over)
drop_views(user, is_over, true)
return state()
