-- Takes a user's entries out of a change stream, a part at each call.
--
-- KEYS[1] presence:stream               stream
-- KEYS[2] presence:stream:acknowledged  string  how many entries were done with
-- ARGV[1] user id
-- ARGV[2] the id after which to look, "-" for the beginning
-- Returns the id after which to go on, "" when that was all.

local PART = 1000
local from = ARGV[2] == '-' and '-' or '(' .. ARGV[2]
local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', PART)
local start = '{"user_id":"' .. ARGV[1] .. '"'
for _, entry in ipairs(entries) do
  if string.sub(entry[2][2], 1, #start) == start then
    redis.call('INCRBY', KEYS[2], redis.call('XDEL', KEYS[1], entry[1]))
  end
end
return #entries == PART and entries[PART][1] or ''
