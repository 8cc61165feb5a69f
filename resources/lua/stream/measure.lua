-- How far the consumers of a change stream are behind. Drops what is too old, and forgets consumers that
-- are gone.
--
-- KEYS[1] presence:stream               stream
-- KEYS[2] presence:stream:acknowledged  string  how many entries were done with
-- ARGV[1] consumer group
-- ARGV[2] the age at which an entry is dropped (ms)
-- ARGV[3] the time after which a consumer without entries is gone (ms)
-- Returns { entries, age of the oldest (ms), how many were ever added, how many were done with }; nothing
-- when there is no stream

local stream, group = KEYS[1], ARGV[1]
if redis.call('EXISTS', stream) == 0 then return {} end
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- Once nobody consumes it any more.
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, string.format('%.0f', 2 * tonumber(ARGV[2]))) end
redis.call('XTRIM', stream, 'MINID', '~', string.format('%.0f', now_ms - tonumber(ARGV[2])))
local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, group)
for _, fields in ipairs(consumers.err and {} or consumers) do
  local consumer = {}
  for i = 1, #fields, 2 do consumer[fields[i]] = fields[i + 1] end
  if consumer.pending == 0 and consumer.idle > tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer.name)
  end
end
local info = {}
local fields = redis.call('XINFO', 'STREAM', stream)
for i = 1, #fields, 2 do info[fields[i]] = fields[i + 1] end
local age = 0
if info['first-entry'] then
  age = now_ms - tonumber(string.match(info['first-entry'][1], '^%d+'))
end
return { info.length, math.max(0, age), info['entries-added'] or 0, tonumber(redis.call('GET', KEYS[2]) or 0) }
