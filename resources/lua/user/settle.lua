-- A look at a user: the sweeper's, in which silent sessions expire, or one for a repair. Needs
-- user/lib.lua and user/reconcile.lua.
-- ARGV[6] as the options of reconcile(): 0, again or anew, which is again, too; or found, for one that
-- may be another service's, which is left alone
-- ARGV[7] of the sweeper: the tags of nodes that are behind, separated by spaces
-- ARGV[8] of the sweeper: when they were (s); nothing expires long after that
-- Returns what reconcile() returns.

if ARGV[7] and now <= tonumber(ARGV[8]) + 3 then
  behind = {}
  for tag in string.gmatch(ARGV[7], '%S+') do behind[tag] = true end
end
if ARGV[6] == 'found' and not get('revision') then return nothing(0) end
if not get('revision') and (is_blank or is_lost) then
  -- Whoever is there says so. It is over when nobody is, nor could be behind.
  if is_held then ask_connections() end
  if is_held or not behind or next(behind) ~= nil then
    return nothing(now_ms + math.max(1000, ttl * 250))
  end
  if next(stored().live) ~= nil then return nothing(next_check(sessions.live)) end
end
local is_gone = is_blank
local is_repair = ARGV[6] == 'again' or ARGV[6] == 'anew'
return reconcile({ again = is_repair, anew = ARGV[6] == 'anew', lost = is_gone,
  cause = is_repair and 'repaired' })
