-- The sweeper's look at a user: sessions that stopped calling are over. Needs user/lib.lua and
-- user/settling.lua.
-- ARGV[6] as the options of settle(): 0, again or anew, which is again, too
-- Returns what settle() returns.

return settle({ again = ARGV[6] ~= '0', anew = ARGV[6] == 'anew' })
