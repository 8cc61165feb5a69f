-- Sessions say that they still look at the channel. Needs channel/lib.lua.
-- ARGV[6…] triples of user id, session id and the user's revision that the session knows
-- Returns what state() returns, and { user, session, … } that are not known to look at it: they have
-- left, or Redis has lost them.

local missing = {}
for i = 6, #ARGV, 3 do
  local user, session, revision = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if not is_too_late(user, session, revision) then
    local sessions = read_views(user)
    if sessions[session] then
      write_view(user, session, revision, sessions)
    else
      missing[#missing + 1], missing[#missing + 2] = user, session
    end
  end
end
local result = state()
result[4] = missing
return result
