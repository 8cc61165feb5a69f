-- A connection looks away; the user leaves with its last one. Needs channel/lib.lua.
-- ARGV[6] user id
-- ARGV[7] session id, "" for all of the user's
-- Returns what state() returns.

local user, session = ARGV[6], ARGV[7]
local sessions = read_sessions(user)
sessions[session] = nil
if session == '' then sessions = {} end
if write_sessions(user, sessions) == 0 then forget_viewer(user) end
return state()
