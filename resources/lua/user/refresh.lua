-- The regular heartbeat of sessions that are known. Needs user/lib.lua.
-- ARGV[6...] session ids
-- Returns { time of the next check (s), { sessions to announce again: Redis lost them, or what was
-- published of the user, or they were silent and bring it back }, { sessions that were signed off },
-- revision of what was published last }

local lost, off, first, found = {}, {}, 0, false
local hidden = is_hidden(get('status'))
local forgotten = not get('seen') and not hidden
local offline = not hidden and not shows_online(get('seen') or NOBODY)
for i = 6, #ARGV do
  local text = redis.call('HGET', sessions_key, ARGV[i])
  local session = read_session(text)
  if session and session.ended then
    -- A command that is late does not bring its connection back.
  elseif session and not forgotten and not (offline and is_silent(session)) then
    session.deadline = now_ms + ttl * 1000
    write_session(ARGV[i], session)
    beat(session.device)
    found = true
  elseif not session and text then
    off[#off + 1] = ARGV[i]
  else
    lost[#lost + 1] = ARGV[i]
  end
end
if found then
  keep()
  seen_now()
  save()
  first = now + ttl
end
return { first, lost, off, get('seen_revision') or '0' }
