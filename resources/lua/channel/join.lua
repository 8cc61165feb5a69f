-- Sessions begin to look at the channel. Needs channel/lib.lua.
-- ARGV[6…] triples of user id, session id and the user's revision that the session knows
-- Returns what state() returns.

for i = 6, #ARGV, 3 do view(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return state()
