-- The sweeper's look at a user: sessions that stopped calling are over. Needs user/lib.lua and
-- user/settling.lua.
-- ARGV[5] as the arguments of settle(): 0, again or anew
-- Returns what settle() returns.

return settle(ARGV[5] ~= '0', ARGV[5] == 'anew')
