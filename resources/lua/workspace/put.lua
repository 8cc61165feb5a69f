-- Shows a user in a workspace, or takes it away. Harmless when repeated or late: the revision
-- of the user decides. Part of the library of users, whose functions call it where the workspace is on the
-- same server.
--
-- KEYS[1] presence:online:W            zset  user -> last heartbeat (s)
-- KEYS[2] presence:workspace:W         hash  user -> meta (JSON); "^sequence" counts changes,
--                                            "^since" is when it began (us): no id has a ^. They are
--                                            lost with the rest, which shows that it is
-- KEYS[3] presence:workspace:W:left    zset  user -> revision at which it left, or was shown just so already,
--                                            for 2 minutes: who is shown has its own in the meta
-- KEYS[4] presence:order:W             zset  as workspace/online.lua has it, while it is there
-- ARGV[1] workspace id
-- ARGV[2] user id
-- ARGV[3] revision of the user
-- ARGV[4] enter | leave
-- ARGV[5] what others see of the user: JSON without braces
-- ARGV[6] sharded Pub/Sub channel of this workspace's changes
-- ARGV[7] Pub/Sub channel of all presence updates, "" for none
-- Returns { changed 0|1 }, and how many users are in the workspace when that changed
--
-- A leave that comes late is taken for one that watchers have to be told of where KEYS[2] was evicted
-- meanwhile: nothing says any more that the user is back, until its next heartbeat does.

local FORGET_AFTER_US = 120 * 1000000
-- What is left of a workspace that nobody is in: as long as somebody may be late.
local KEEP_EMPTY = '180'
-- Heartbeats keep the entries; what no heartbeat reaches any more goes on its own.
local KEEP = '86400'

-- time: what TIME says; may_be_late: something newer may have been put before
local function put(KEYS, ARGV, time, may_be_late)
  local user, revision, view, now = ARGV[2], ARGV[3], ARGV[5], time[1]
  local entry = call('HMGET', KEYS[2], user, '^sequence')
  local meta, last = entry[1], entry[2]
  local shown = meta and match(meta, '^{"phx_ref":"(%d+)"') or '0'
  if is_older(revision, shown) then return { 0 } end
  local enters, now_us, is_newer = ARGV[4] == 'enter', now * 1000000 + time[2], false
  if not enters then
    is_newer = call('ZADD', KEYS[3], 'GT', 'CH', revision, user) == 1
    call('EXPIRE', KEYS[3], KEEP_EMPTY)
    -- Now and then.
    if is_newer and now_us % 8 == 0 then
      call('ZREMRANGEBYSCORE', KEYS[3], '-inf', whole(now_us - FORGET_AFTER_US))
    end
  end
  if not is_newer and (may_be_late or not meta)
    and tonumber(revision) < tonumber(call('ZSCORE', KEYS[3], user) or 0) then return { 0 } end

  -- A sequence begins at the time, so that it still grows when the key was evicted.
  local sequence = whole((last or now_us) + 1)
  local fresh
  if enters then
    if call('ZADD', KEYS[1], now, user) == 1 and call('EXISTS', KEYS[4]) == 1 then
      call('ZADD', KEYS[4], '0', user)
    end
    -- Of a node's own workspace, which no sweeper looks after.
    if is_reserved(ARGV[1]) then call('EXPIRE', KEYS[1], KEEP) end
    -- Shown just so already: a repair, or a change elsewhere.
    if meta and find(meta, ',' .. view .. ',"online_at":', 1, true) then
      -- What it has come back from may still be put.
      if revision ~= shown then
        call('ZADD', KEYS[3], 'GT', revision, user)
        call('EXPIRE', KEYS[3], KEEP_EMPTY)
      end
      return { 0 }
    end
    local since = meta and match(meta, ':(%d+)}$', -12) or now
    local before = meta and '","phx_ref_prev":"' .. shown or ''
    fresh = '{"phx_ref":"' .. revision .. before .. '",' .. view .. ',"online_at":' .. since .. '}'
    call('HSET', KEYS[2], user, fresh, '^sequence', sequence)
  else
    call('ZREM', KEYS[1], user)
    call('ZREM', KEYS[4], user)
    -- Where Redis has lost the workspace, watchers are told all the same.
    if not meta and last then return { 0 } end
    call('HDEL', KEYS[2], user)
    call('HSET', KEYS[2], '^sequence', sequence)
  end

  if not last then
    call('HSET', KEYS[2], '^since', whole(now_us))
    call('EXPIRE', KEYS[2], KEEP)
  end
  -- Who leaves a workspace is offline there, though perhaps online in another one.
  if not enters then
    view = string.gsub(view, '^"status":"%a+"', '"status":"offline"')
    view = string.gsub(view, ',"kinds":%b[]$', ',"kinds":[]')
  end
  call('SPUBLISH', ARGV[6], sequence .. '\n' .. user .. '\n' .. (fresh or ''))
  if ARGV[7] ~= '' then
    call('PUBLISH', ARGV[7], '{"user_id":"' .. user .. '","workspace_id":"' .. ARGV[1] .. '",'
      .. view .. ',"timestamp":' .. now .. ',"sequence":' .. sequence .. '}')
  end
  if enters == (meta ~= false) then return { 1 } end
  local count = call('ZCARD', KEYS[1])
  if count == 0 then
    call('EXPIRE', KEYS[2], KEEP_EMPTY)
  elseif count == 1 and enters then
    call('EXPIRE', KEYS[2], KEEP)
  end
  return { 1, count }
end

redis.register_function({ function_name = LIBRARY .. '_workspace_put', flags = { 'allow-cross-slot-keys' },
  callback = function(keys, arguments)
    load_libraries()
    return put(keys, arguments, call('TIME'), true)
  end })
