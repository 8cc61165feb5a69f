-- The heartbeat of a user that the regular one (server/presence/regularheartbeat.h) is not for. Needs
-- user/lib.lua.
-- ARGV[6] 1 when there is an archive that can be asked, else 0
-- ARGV[7...] session ids
-- Returns { time of the next check (s), should the due queue have lost the user, { sessions to announce
-- again: Redis lost them, or what was published of the user, or they were silent and bring it back },
-- revision of what was published last }

forget_remains()
local lost, first = {}, 0
local is_known = user.revision and not user.unconfirmed and not (user.unasked and ARGV[6] == '1')
local is_offline = not is_hidden(user.status) and not shows_online(user.seen or NOBODY)
for i = 7, #ARGV do
  local session = read_session(ARGV[i])
  -- One that has ended, by a sign-off that its connection did not hear of, is told so when it is
  -- announced again; a command that is late finds no connection that could be.
  if session and not session.ended and is_known and not (is_offline and is_silent(session)) then
    session.deadline = now_ms + ttl * 1000
    write_session(ARGV[i], session)
    beat(session.device)
    first = now + ttl
  else
    lost[#lost + 1] = ARGV[i]
  end
end
if first > 0 then seen_now() end
-- Also where its last heartbeat came after it had gone, and took last_seen back.
if next(unsaved) ~= nil then save() end
if first > 0 then
  for field in pairs(user) do
    local session = is_session(field) and read_session(sub(field, #SESSION + 1))
    if session then first = math.min(first, math.floor(session.deadline / 1000)) end
  end
  if user.expires_at then first = math.min(first, tonumber(user.expires_at)) end
  if is_lingering() then first = math.min(first, math.floor(read_hiding(user.hiding) / 1000)) end
  if is_hidden(user.status) then first = math.min(first, end_of(user.seen or NOBODY) or first) end
end
return { first, lost, user.seen_revision or '0' }
