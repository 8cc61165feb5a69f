-- A device, or all of a user's, is signed off: its sessions are over, and it stays away until it brings a
-- token that was issued later. Needs user/lib.lua and user/reconcile.lua.
-- ARGV[7] device id, "" for all
-- Returns what reconcile() returns.

-- No token that is older lives longer.
local REMEMBERED = 30 * 86400
-- Devices that are remembered so: the one that was signed off first is forgotten for another one.
local MOST = 100

local over = {}
for id, session in pairs(stored().live) do
  if ARGV[7] == '' or session.device == ARGV[7] then
    over[#over + 1] = id
    forget_device(session.device)
  end
end
if ARGV[7] ~= '' then forget_device(ARGV[7]) end
if #over > 0 and not is_evicted then seen_now() end
for _, id in ipairs(over) do forget_session(id, 'signed_off') end

redis.call('HSET', SIGNED_OFF, ARGV[7], whole(now_ms))
redis.call('EXPIRE', SIGNED_OFF, REMEMBERED)
if redis.call('HLEN', SIGNED_OFF) > MOST then
  local all, first = redis.call('HGETALL', SIGNED_OFF), nil
  for i = 1, #all, 2 do
    if all[i] ~= '' and (not first or tonumber(all[i + 1]) < tonumber(all[first + 1])) then first = i end
  end
  redis.call('HDEL', SIGNED_OFF, all[first])
end
return reconcile({ cause = 'signed_off' })
