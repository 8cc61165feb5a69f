-- Who looks at the channel and who types in it. Needs channel/lib.lua. Writes nothing.
-- Returns { sequence, { user, meta, … }, { user typing, … } }

local viewers, sequence = {}, '0'
local all = redis.call('HGETALL', viewers_key)
for i = 1, #all, 2 do
  if all[i] == '#sequence' then
    sequence = all[i + 1]
  else
    local at = tonumber(redis.call('ZSCORE', viewers_zset, all[i]) or 0)
    if at >= now - view_ttl then
      viewers[#viewers + 1] = all[i]
      viewers[#viewers + 1] = all[i + 1]
    end
  end
end
return { sequence, viewers, redis.call('ZRANGEBYSCORE', typing_ends, '(' .. now_ms, '+inf') }
