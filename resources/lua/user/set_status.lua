-- A user says what it is doing. Needs user/lib.lua and user/reconcile.lua.
-- ARGV[7] status; "" when it stays as it was, with its end unless there is a new one
-- ARGV[8] custom_message, with ARGV[9] keep|set ("" clears)
-- ARGV[10] emoji, with ARGV[11] keep|set ("" clears)
-- ARGV[12] clear_after (s), 0 for never
-- ARGV[13] ask when there is an archive to be asked first what a user was that Redis does not know;
-- unasked when it is away; else none
-- ARGV[14] OFFLINE_GRACE (ms): who hides is seen for so long
-- ARGV[15] who says so: as origin_of() has it
-- Returns what reconcile() returns; nothing was done when it says that the user is unconfirmed and the
-- archive is to be asked.

local is_archived = (is_blank or user.unasked) and not is_evicted and ARGV[13] ~= 'none'
if is_archived and ARGV[13] == 'ask' then
  local result = nothing(0)
  result[12] = 1
  return result
end
-- Whether it is shown is what the user says now, where nobody else could know better.
local keeps = ARGV[7] == ''
if not keeps and user.unasked and user.unconfirmed and not is_held_elsewhere(tonumber(user.unknowing or 0)) then
  confirm()
end
if is_archived and not user.unasked then set('unasked', whole(now_us)) end
-- One whose end has come is over, whoever is first to notice.
if not is_evicted and not user.unconfirmed then revert_status() end
local was_hidden = is_hidden(user.status)
local hides = was_hidden
if not keeps then
  set('status', ARGV[7])
  hides = is_hidden(ARGV[7])
end
-- What was left as it was when it said something first stays so until that is known.
local is_first = not user.updated_at
set('updated_at', now_text)

local is_unknown = is_evicted or user.unconfirmed or user.unasked
local missing = split(user.missing)
missing.status = keeps and is_unknown and (missing.status or not user.status) or nil
local function write(field, value, action)
  if action == 'set' then
    set(field, value ~= '' and value or nil)
    missing[field] = nil
  elseif is_unknown and is_first then
    missing[field] = true
  end
end
write('custom_message', ARGV[8], ARGV[9])
write('emoji', ARGV[10], ARGV[11])
if ARGV[12] ~= '0' then
  set('expires_at', whole(now + tonumber(ARGV[12])))
elseif not keeps then
  set('expires_at', nil)
end

-- Going into hiding, and coming out of it, is the last that others see of the user.
if not is_unknown and hides ~= was_hidden and is_present(stored().live) then
  if is_connected(sessions.live) then set_last_seen(now_text) end
  if hides and shows_online(user.seen or NOBODY) then
    local last = 0
    for _, s in pairs(sessions.live) do last = math.max(last, is_silent(s) and math.huge or s.deadline) end
    set('hiding', whole(math.min(last, now_ms + tonumber(ARGV[14]))) .. ' ' .. whole(now_us))
  end
end
if not hides then set('hiding', nil) end
-- Devices that came while others were not to notice.
if was_hidden and not hides then
  for device in pairs(newest_sessions()) do
    if not sessions.scores[device] then beat(device) end
  end
end
if is_unknown then set_missing(missing) end
local says = ARGV[9] == 'set' or ARGV[11] == 'set'
local is_offline = user.status == 'offline'
if says or not is_offline then set('says', says and is_offline and '1' or nil) end
return reconcile({ tell = true, cause = 'set', origin = ARGV[15] })
