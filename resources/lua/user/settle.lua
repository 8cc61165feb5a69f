-- The sweeper's look at a user: sessions that stopped calling are over. Needs user/lib.lua and
-- user/settling.lua.
-- ARGV[6] as the options of settle(): 0, again or anew, which is again, too
-- Returns what settle() returns.

local is_repair = ARGV[6] ~= '0'
return settle({ again = is_repair, anew = ARGV[6] == 'anew', cause = is_repair and 'repaired' })
