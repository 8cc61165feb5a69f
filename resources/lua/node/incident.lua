-- What happened, told once however many nodes saw it: only while a state is as the caller has read it.
--
-- KEYS[1] presence:incidents, or presence:incidents:operators
--                                             stream  time (ms), incident, a JSON object, and of
-- KEYS[2] presence:{presence:incidents}:states  hash  what was told last, by what it is of; none
--                                             without a field
-- ARGV[1] field of KEYS[2], "" for none, ARGV[2] what it was, ARGV[3] what it is now; "" is none
-- ARGV[4] entries at most, about, ARGV[5] for how long they are kept (ms)
-- ARGV[6...] for each incident: when it was (ms), "" for now, the id of the one that it replaces, ""
-- for none, and the JSON
-- Returns the ids of the entries; false where the state is another one.

local field, was, is = ARGV[1], ARGV[2], ARGV[3]
if field ~= '' then
    if (redis.call('HGET', KEYS[2], field) or '') ~= was then return false end
    if is == '' then redis.call('HDEL', KEYS[2], field) else redis.call('HSET', KEYS[2], field, is) end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ids = {}
for i = 6, #ARGV, 3 do
    local at, of = ARGV[i], ARGV[i + 1]
    if at == '' then at = string.format('%d', now) end
    ids[#ids + 1] = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*',
        'time', at, 'of', of, 'incident', ARGV[i + 2])
end
if #ids > 0 then
    redis.call('XTRIM', KEYS[1], 'MINID', string.format('%d', now - ARGV[5]))
    redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
return ids
