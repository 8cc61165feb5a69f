-- A look at a user: the sweeper's, in which silent sessions expire, or one for a repair. Needs
-- user/lib.lua and user/reconcile.lua.
-- ARGV[7] as the options of reconcile(): 0, again or anew, which is again, too; or found, for one that
-- may be another service's, which is left alone
-- ARGV[8] of the sweeper: the tags of nodes that are behind, separated by spaces; "*" for all
-- ARGV[9] of the sweeper: when they were (s); nothing expires long after that
-- ARGV[10] of the sweeper, where the due queue is on this server, and the user was due: when
-- Returns what reconcile() returns.

if ARGV[8] and now <= tonumber(ARGV[9]) + 3 then
  behind = {}
  for tag in string.gmatch(ARGV[8], '%S+') do behind[tag] = true end
end
is_swept = ARGV[10] ~= nil
forget_remains()
if ARGV[7] == 'found' and not user.revision then return nothing(0) end
if is_blank and is_reserved(user_id) then return nothing(0) end
-- It was on its way when the user was forgotten.
if is_blank and not is_held and call('EXISTS', user_key .. ':erased') == 1 then return nothing(0) end
if not user.revision and (is_blank or is_evicted) then
  -- Whoever is there says so. It is over when nobody is, nor could be behind.
  if is_held then ask_connections() end
  if is_held or not behind or next(behind) ~= nil then
    return nothing(now_ms + math.max(1000, ttl * 250))
  end
  if next(stored().live) ~= nil then return nothing(next_check(sessions.live)) end
end
local is_gone = is_blank
local is_repair = ARGV[7] == 'again' or ARGV[7] == 'anew'
return reconcile({ again = is_repair, anew = ARGV[7] == 'anew', evicted = is_gone,
  cause = is_repair and 'repaired' })
