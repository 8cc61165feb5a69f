-- A connection begins to look at the channel, or says that it still does. Needs channel/lib.lua.
-- ARGV[6], ARGV[7], … pairs of user id and session id
-- Returns what state() returns.

for i = 6, #ARGV, 2 do view(ARGV[i], ARGV[i + 1]) end
return state()
