-- Entries of a change stream for a consumer of a group, which is made where it is missing: from then
-- on it has all that is in the stream.
--
-- KEYS[1] presence:stream  stream
-- ARGV[1] consumer group
-- ARGV[2] consumer
-- ARGV[3] at most so many
-- ARGV[4] new; own, what the consumer has not acknowledged; or claim, what others have not
--         acknowledged for ARGV[5] ms
-- Returns { id, change, … }, the oldest first.

local stream, group, consumer, count = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if redis.call('EXISTS', stream) == 0 then return {} end

local function read()
  if ARGV[4] == 'claim' then
    local claimed = redis.pcall('XAUTOCLAIM', stream, group, consumer, ARGV[5], '0', 'COUNT', count)
    return claimed.err and claimed or claimed[2]
  end
  local from = ARGV[4] == 'own' and '0' or '>'
  local reply = redis.pcall('XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, from)
  if not reply then return {} end
  return reply.err and reply or reply[1][2]
end

local entries = read()
if entries.err and string.find(entries.err, 'NOGROUP', 1, true) then
  redis.call('XGROUP', 'CREATE', stream, group, '0')
  entries = read()
end
if entries.err then return entries end
local result = {}
for _, entry in ipairs(entries) do
  if entry[2] then
    result[#result + 1], result[#result + 2] = entry[1], entry[2][2]
  else
    redis.call('XACK', stream, group, entry[1]) -- dropped meanwhile
  end
end
return result
