-- What a change of a user means for workspaces and for the due queue, where they are on the same server: it
-- is done in the same call. Elsewhere the caller does it, by what the function returns. Needs user/lib.lua
-- and workspace/put.lua.

-- The user is to be looked at then (ms), 0 for never, or earlier: others may know of something. Only who has
-- looked raises the time: the sweeper, and heartbeats.
local function look_at(check)
  local queue = KEYS[7]
  if check == 0 then
    -- The sweeper is to forget the user, and may be looking now: by a time that it does not know.
    call('ZADD', queue, 'XX', format('%d.%06d', now, now_us % 1000000), user_id)
  elseif call('ZADD', queue, 'LT', 'CH', format('%d.%03d', check / 1000, check % 1000), user_id) == 0 then
    -- It stays due earlier. Nor may a heartbeat raise that, which saw the user before the change.
    call('ZINCRBY', queue, '-0.000001', user_id)
  end
end

-- The sweeper has looked, and this is what there is to look at next.
local function looked_at(check)
  if check == 0 then
    call('ZREM', KEYS[7], user_id)
  else
    call('ZADD', KEYS[7], format('%d.%03d', check / 1000, check % 1000), user_id)
  end
end

-- As KeySpace::workspace() names them.
local function workspace_keys(workspace)
  local key = 'presence:workspace:' .. workspace
  return { 'presence:online:' .. workspace, key, key .. ':left', 'presence:order:' .. workspace }
end

-- Returns the workspaces that refused it: one that is broken stops no user.
local function put_all(workspaces, action, revision, view)
  if #workspaces == 0 then return workspaces end
  local refused = {}
  for _, workspace in ipairs(workspaces) do
    local is_done, done = pcall(put, workspace_keys(workspace), { workspace, user_id, revision, action, view,
      'presence:events:workspace:' .. workspace, ARGV[4] ~= '' and 'presence:updates' or '' },
      { now_text, now_us % 1000000 })
    if not is_done then
      refused[#refused + 1] = workspace
    elseif done[2] and not is_reserved(workspace) then
      redis.pcall('ZADD', KEYS[6], whole(done[2]), workspace)
    end
  end
  return refused
end

-- `result` is what reconcile() returns. Workspaces that the user has left are taken out of it, and those that
-- refused to be entered named: what is broken elsewhere keeps nobody from changing, and the caller sees to it.
local function follow(result)
  if not KEYS[5] then return end
  local is_online, check, leaving = result[3] == 1, result[7], #result[10] > 0
  result[14] = put_all(result[5], 'enter', result[1], result[4])
  result[6] = put_all(result[6], 'leave', result[1], result[4])
  -- A change of what is not due at any time leaves the queue as it is. Who comes may be due by a device that
  -- another service wrote, of which the user has no field.
  local has_looked = is_swept and not leaving
  if has_looked then
    pcall(looked_at, check)
  elseif KEYS[7] and not is_swept and (is_due_new or leaving or result[2] == 1
      or is_hidden(user.status)) then
    pcall(look_at, check)
  end
  -- Who comes or goes; and whenever it was looked at, should that have been lost.
  if is_reserved(user_id) or (result[2] ~= 1 and not has_looked) then return end
  if not is_online then
    redis.pcall('ZREM', KEYS[5], user_id)
  elseif leaving then
    redis.pcall('ZADD', KEYS[5], 'GT', whole(now + 1), user_id)
  else
    redis.pcall('ZADD', KEYS[5], whole(check / 1000 + 1), user_id)
  end
end

-- `run` is what the function does, and returns; `flags` are those of Redis.
local function register(name, flags, run)
  redis.register_function({ function_name = LIBRARY .. '_' .. name, flags = flags,
    callback = function(keys, arguments)
      KEYS, ARGV = keys, arguments
      begin()
      return run()
    end })
end

-- Of one that changes the user, and returns what reconcile() does, or an error.
local function register_change(name, flags, run)
  register(name, flags, function()
    local is_done, result = pcall(run)
    if not is_done then
      -- It may be half done: the sweeper is to finish it.
      if KEYS[7] then redis.pcall('ZADD', KEYS[7], format('%d.%06d', now, now_us % 1000000), user_id) end
      error(result)
    end
    if not result.err then follow(result) end
    return result
  end)
end
