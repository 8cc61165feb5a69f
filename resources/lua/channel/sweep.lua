-- Typists that never said stop, viewers that nobody refreshes. Needs channel/lib.lua.
-- ARGV[6] 1 to leave the viewers alone: Redis was away, and nobody could refresh them
-- ARGV[7] tags of nodes that cannot refresh their sessions, separated by spaces: their viewers stay
-- ARGV[8] when they could not (s); no viewer leaves long after that
-- Returns what state() returns.

local PAUSE = 5000

-- What is further away than it was ever set to is from a clock that was set back since.
local function set_back(zset, latest)
  for _, user in ipairs(redis.call('ZRANGEBYSCORE', zset, '(' .. string.format('%.0f', latest), '+inf')) do
    redis.call('ZADD', zset, latest, user)
  end
end
set_back(typing_ends, now_ms + typing_ttl * 1000)
set_back(viewers_zset, now)
for _, user in ipairs(redis.call('ZRANGEBYSCORE', typing_ends, '-inf', now_ms)) do
  forget_typist(user)
end
-- Redis has lost when they end.
for _, user in ipairs(redis.call('HKEYS', typing_sessions)) do
  if not redis.call('ZSCORE', typing_ends, user) then
    local last = write_sessions(typing_sessions, user, read_typing(user))
    if last then
      redis.call('ZADD', typing_ends, last, user)
    else
      redis.call('SREM', typing_key, user)
      publish_typing(user, 'stop')
    end
  end
end
-- Members of the set that have no end, for example written by another service.
for _, user in ipairs(redis.call('SMEMBERS', typing_key)) do
  if not redis.call('ZSCORE', typing_ends, user) then forget_typist(user) end
end
if ARGV[6] == '1' or now > tonumber(ARGV[8]) + 3 then return state(now_ms + PAUSE) end

local behind = {}
for tag in string.gmatch(ARGV[7], '%S+') do behind[tag] = true end
local function may_be_there(user)
  if next(behind) == nil then return false end
  for session in pairs(read_sessions(view_sessions, user, 0, now)) do
    if behind[string.match(session, '^(%x+)%-') or ''] then return true end
  end
  return false
end
local stay = false
for _, user in ipairs(redis.call('ZRANGEBYSCORE', viewers_zset, '-inf', '(' .. (now - view_ttl))) do
  if may_be_there(user) then
    stay = true
  else
    forget_viewer(user)
  end
end
return state(stay and now_ms + PAUSE or 0)
