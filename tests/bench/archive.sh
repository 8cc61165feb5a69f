#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# archive.sh <presenced> <MongoDB-like server> [<changes> [<users>]]
# How many changes a second a daemon writes to MongoDB: as many wait in the change stream of a Redis of its own
# when it starts. The server is run as: <server> 127.0.0.1:<port> <folder>, which FerretDB's wrapper in
# tests/support takes; any other by a script.
set -euo pipefail
presenced=$1 server=$2 changes=${3:-20000} users=${4:-1000}
port=27517
directory=$(mktemp -d)
pids=()
cleanup() {
  kill -9 "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null
  rm -rf "$directory"
}
trap cleanup EXIT

redis() { redis-cli -s "$directory/redis.sock" "$@"; }
redis-server --port 0 --unixsocket "$directory/redis.sock" --dir "$directory" --save '' >/dev/null &
pids+=($!)
mkdir "$directory/data"
"$server" "127.0.0.1:$port" "$directory/data" >/dev/null 2>&1 &
server_pid=$!
pids+=("$server_pid")
until redis ping >/dev/null 2>&1 && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.1; done

cat >"$directory/fill.lua" <<'L'
for i = 1, tonumber(ARGV[1]) do
  redis.call('XADD', 'presence:stream', '*', 'change', '{"user_id":"u' .. i % tonumber(ARGV[2])
    .. '","at":' .. 1795831982000 + i .. ',"revision":"' .. string.format('%.0f', 1795831982000000 + i)
    .. '","state":{"status":"busy","custom_message":"in a meeting","emoji":null,"expires_at":null,'
    .. '"last_seen":1795831982,"updated_at":1795831982,"shown":{"status":"busy",'
    .. '"custom_message":"in a meeting","emoji":null}},"status":"set","published":true}')
end
L
redis --eval "$directory/fill.lua" , "$changes" "$users" >/dev/null
processor() { awk '{print $14 + $15}' "/proc/$1/stat"; } # hundredths of a second
begin=$(date +%s%N) before=$(processor "$server_pid")
REDIS_URL=unix://$directory/redis.sock PRESENCE_PORT=0 PRESENCE_SHARDS=1 METRICS_BIND=none CANARY_INTERVAL=0 DRAIN_DELAY=0 LOG_LEVEL=error \
  MONGODB_URI=mongodb://127.0.0.1:$port/presence "$presenced" >/dev/null &
daemon=$!
pids+=("$daemon")
until [[ $(redis xlen presence:stream) == 0 ]] || (($(date +%s%N) - begin > 120000000000)); do sleep 0.2; done
left=$(redis xlen presence:stream)
milliseconds=$((($(date +%s%N) - begin) / 1000000)) written=$((changes - left))
echo "$written of $changes changes of $users users in $milliseconds ms: $((written * 1000 / milliseconds)) a second"
echo "processor time a change: daemon $(($(processor "$daemon") * 10000 / written)) us, server" \
  "$((($(processor "$server_pid") - before) * 10000 / written)) us"
