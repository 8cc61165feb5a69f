-- A look at a user: the sweeper's, in which silent sessions expire, or one for a repair. Needs
-- user/lib.lua and user/settling.lua.
-- ARGV[6] as the options of settle(): 0, again or anew, which is again, too
-- ARGV[7] of the sweeper: the tags of nodes that are behind, separated by spaces
-- ARGV[8] of the sweeper: when they were (s); nothing expires long after that
-- Returns what settle() returns.

if ARGV[7] and now <= tonumber(ARGV[8]) + 3 then
  behind = {}
  for tag in string.gmatch(ARGV[7], '%S+') do behind[tag] = true end
end
local is_repair = ARGV[6] ~= '0'
return settle({ again = is_repair, anew = ARGV[6] == 'anew', cause = is_repair and 'repaired' })
