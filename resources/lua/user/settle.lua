-- The sweeper's look at a user: devices that stopped calling are gone. Needs user/lib.lua.
-- ARGV[5] 1 to show the user in its workspaces once more, else 0
-- Returns what settle() returns.

return settle(ARGV[5] == '1')
