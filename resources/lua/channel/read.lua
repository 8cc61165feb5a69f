-- Who looks at the channel and who types in it, as watchers were told. Needs channel/lib.lua.
-- Writes nothing.
-- Returns { sequence, { user, meta, … }, { user typing, … }, since }

local viewers, sequence, since = {}, '0', '0'
local all = redis.call('HGETALL', viewers_key)
for i = 1, #all, 2 do
  if all[i] == '^sequence' then
    sequence = all[i + 1]
  elseif all[i] == '^since' then
    since = all[i + 1]
  else
    viewers[#viewers + 1] = all[i]
    viewers[#viewers + 1] = all[i + 1]
  end
end
local typing, known = redis.call('ZRANGE', typing_ends, 0, -1), {}
for _, user in ipairs(typing) do known[user] = true end
for _, user in ipairs(redis.call('SMEMBERS', typing_key)) do
  if not known[user] then typing[#typing + 1] = user end
end
return { sequence, viewers, typing, since }
