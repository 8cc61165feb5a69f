-- A device, or all of a user's, is signed off: its sessions are over, and it stays away until it brings a
-- token that was issued later than that, or than ARGV[11] after it. Needs user/lib.lua and user/reconcile.lua.
-- ARGV[7] device id, "" for all
-- ARGV[8] OFFLINE_GRACE (ms): others see it for so long, as if its connections had closed
-- ARGV[9] hold; or once, to end the sessions that there are
-- ARGV[10] who does it: operator:ID or service:ID, "" for the user itself
-- ARGV[11] of hold: for how long (ms) also new tokens are refused, 0 for none
-- Returns what reconcile() returns.

-- No token that is older lives longer.
local REMEMBERED = 30 * 86400
-- Devices that are remembered so. Of more, those that were signed off first count as all devices: what was
-- refused stays so.
local MOST = 100

local grace, over = tonumber(ARGV[8]), {}
for id, session in pairs(stored().live) do
  if ARGV[7] == '' or session.device == ARGV[7] then over[id] = session end
end
if next(over) and not is_evicted then seen_now() end
for _, id in ipairs(by_age(over)) do
  local session = over[id]
  if grace == 0 or is_foreign(id) then
    forget_device(session.device)
    forget_session(id, 'signed_off')
  else
    if not session.ended then note_session(id, 'disconnected', session, 'signed_off') end
    session.deadline = math.min(session.ended and session.deadline or math.huge, now_ms + grace)
    session.ended = true
    write_session(id, session)
    set(VIEWED .. id, nil)
  end
end

-- Others are told when the grace is over.
if grace > 0 and next(over) then
  set('ending', whole(now_ms + grace) .. ' ' .. (ARGV[7] == '' and '*' or ARGV[7]) .. (ARGV[10] ~= '' and ' ' .. ARGV[10] or ''))
end
if ARGV[9] == 'hold' then
  local before = tonumber(call('HGET', signed_off_key, ARGV[7]) or 0)
  call('HSET', signed_off_key, ARGV[7], whole(math.max(before, now_ms + tonumber(ARGV[11]))))
  call('EXPIRE', signed_off_key, REMEMBERED)
end
if call('HLEN', signed_off_key) > MOST then
  local all, first = call('HGETALL', signed_off_key), nil
  for i = 1, #all, 2 do
    if all[i] ~= '' and (not first or tonumber(all[i + 1]) < tonumber(all[first + 1])) then first = i end
  end
  local of_all = math.max(tonumber(call('HGET', signed_off_key, '') or 0), tonumber(all[first + 1]))
  call('HSET', signed_off_key, '', whole(of_all))
  call('HDEL', signed_off_key, all[first])
end
return reconcile({ cause = 'signed_off', origin = origin_of('', ARGV[7], ARGV[10] ~= '' and ARGV[10] or nil) })
