-- The sweeper's look at a user: sessions that stopped calling are over. Needs user/lib.lua and
-- user/settling.lua.
-- ARGV[5] 1 to show the user in its workspaces once more, with a new revision; else 0
-- Returns what settle() returns.

return settle(ARGV[5] == '1')
