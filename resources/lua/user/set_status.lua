-- A user says what it is doing. Needs user/lib.lua and user/reconcile.lua.
-- ARGV[6] status
-- ARGV[7] custom_message, with ARGV[8] keep|set ("" clears)
-- ARGV[9] emoji, with ARGV[10] keep|set ("" clears)
-- ARGV[11] clear_after (s), 0 for never
-- Returns what reconcile() returns.

local is_lost = not get('revision') and (ask_connections(0) or (is_blank and next(stored().live) ~= nil))
local was_hidden = is_hidden(get('status'))
set('status', ARGV[6])
set('updated_at', whole(now))

local function write(field, value, action)
  if action == 'set' then set(field, value ~= '' and value or nil) end
end
write('custom_message', ARGV[7], ARGV[8])
write('emoji', ARGV[9], ARGV[10])
set('expires_at', ARGV[11] ~= '0' and whole(now + tonumber(ARGV[11])) or nil)

-- Going into hiding, and coming out of it, is the last that others see of the user.
if is_hidden(ARGV[6]) ~= was_hidden and is_present(stored().live) then
  set('last_seen', whole(now))
end
return reconcile({ tell = true, lost = is_lost, cause = 'set' })
