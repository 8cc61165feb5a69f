-- Everything a watcher of a workspace needs to begin with. Writes nothing.
--
-- KEYS[1] presence:workspace:W  hash  user -> meta; "^sequence", "^since"
-- Returns { sequence, since, user, meta, user, meta, … }

local all = redis.call('HGETALL', KEYS[1])
local result = { '0', '0' }
for i = 1, #all, 2 do
  if all[i] == '^sequence' then
    result[1] = all[i + 1]
  elseif all[i] == '^since' then
    result[2] = all[i + 1]
  else
    result[#result + 1] = all[i]
    result[#result + 1] = all[i + 1]
  end
end
return result
