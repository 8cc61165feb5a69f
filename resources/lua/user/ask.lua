-- The user's connections are asked to say what Redis has lost of it. Needs user/lib.lua.

if is_held then ask_connections() end
