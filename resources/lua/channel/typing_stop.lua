-- A user stops typing. Needs channel/lib.lua.
-- ARGV[6] user id
-- Returns what state() returns.

stop_typing(ARGV[6])
return state()
