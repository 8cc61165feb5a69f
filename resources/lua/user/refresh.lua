-- The regular heartbeat of sessions that are known. Needs user/lib.lua.
-- ARGV[6...] session ids
-- Returns { time of the next check (s), { sessions to announce again: Redis lost them, or what
-- was told of the user }, { sessions that were signed off } }

local lost, off, first, found = {}, {}, 0, false
local h = redis.call('HMGET', user_key, 'status', 'seen')
local forgotten = not h[2] and not is_hidden(h[1])
for i = 6, #ARGV do
  local text = redis.call('HGET', sessions_key, ARGV[i])
  local session = read_session(text)
  if session and session.ended then
    -- A command that is late does not bring its connection back.
  elseif session and not forgotten then
    session.deadline = now_ms + ttl * 1000
    write_session(ARGV[i], session)
    redis.call('ZADD', devices_key, now, session.device)
    found = true
  elseif not session and text then
    off[#off + 1] = ARGV[i]
  else
    lost[#lost + 1] = ARGV[i]
  end
end
if found then
  keep()
  if not is_hidden(h[1]) then redis.call('HSET', user_key, 'last_seen', now) end
  first = now + ttl
end
return { first, lost, off }
