-- The regular heartbeat of users in workspaces, many at a time where they share a server.
--
-- KEYS  of each workspace: presence:online:W     zset  user -> last heartbeat (s)
--                          presence:workspace:W  hash  user -> meta
-- ARGV[1] the workspaces' keys are kept on for a day by one call in so many
-- ARGV[2…] of each workspace: how many users, the users, and of each the revision of what was told of it
--       last, or 0 when it is not known
-- Returns the users that are not shown in the workspace though their device is in it, or are shown
-- as they were before: hidden ones, and those whose entry or last change was lost on the way. All of a
-- workspace whose keys cannot be used.

-- Most often it is of just that revision.
local BEGIN = '{"phx_ref":"'
local function is_older(meta, told)
  return string.find(meta, told, #BEGIN + 1, true) ~= #BEGIN + 1
    and tonumber(string.match(meta, '^{"phx_ref":"(%d+)"') or 0) < tonumber(told)
end

local time = redis.call('TIME')
local missing, at = {}, 2
for i = 1, #KEYS, 2 do
  local count = tonumber(ARGV[at])
  local metas = redis.pcall('HMGET', KEYS[i + 1], unpack(ARGV, at + 1, at + count))
  local beats = {}
  for j = 1, count do
    local user, meta = ARGV[at + j], metas[j]
    if meta then beats[#beats + 1], beats[#beats + 2] = time[1], user end
    if not meta or is_older(meta, ARGV[at + count + j]) then missing[#missing + 1] = user end
  end
  at = at + 1 + 2 * count
  if #beats > 0 then redis.pcall('ZADD', KEYS[i], unpack(beats)) end
  if (time[2] + i) % ARGV[1] == 0 then redis.call('EXPIRE', KEYS[i + 1], 86400) end
end
return missing
