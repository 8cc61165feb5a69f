-- A user types; said again, it goes on typing without a word. Needs channel/lib.lua.
-- ARGV[6] user id
-- ARGV[7] session id
-- ARGV[8] the user's revision that the session knows
-- ARGV[9] for how long (ms), and ARGV[10] 1 when it is said again only in case Redis has lost it
-- Returns what state() returns.

local user, session, revision = ARGV[6], ARGV[7], ARGV[8]
if is_too_late(user, session, revision) then return state() end
local sessions = read_typing(user)
if ARGV[10] == '1' and sessions[session] then return state() end
sessions[session] = { at = string.format('%.0f', now_ms + ARGV[9]), revision = revision }
local is_new = redis.call('ZADD', typing_ends, write_sessions(typing_sessions, user, sessions), user)
is_new = redis.call('SADD', typing_key, user) == 1 and is_new == 1
if is_new then publish_typing(user, 'start') end
keep_typing()
return state()
