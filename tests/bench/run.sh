#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh <presenced> <presence-load> [options of presence-load]
# Measures that binary with a Redis of its own. Without options: the standard set of README.md.
set -euo pipefail
presenced=$1 load=$2
shift 2
if (($# == 0)); then
  set -- --connections 15000 --hold 60 --fanout 200 --subscribers 1000,10000 --floor
fi

directory=$(mktemp -d)
redis_pid='' daemon_pid=''
cleanup() {
  for pid in $daemon_pid $redis_pid; do
    kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
  done
  rm -rf "$directory"
}
trap cleanup EXIT

socket=$directory/redis.sock
redis-server --port 0 --unixsocket "$socket" --dir "$directory" --save '' --appendonly no >/dev/null &
redis_pid=$!
until redis-cli -s "$socket" ping >/dev/null 2>&1; do
  kill -0 "$redis_pid"
  sleep 0.05
done

export AUTH_JWT_SECRET=the-secret-of-a-benchmark-32-bytes
log=$directory/presenced.log
REDIS_URL=unix://$socket PRESENCE_BIND=127.0.0.1 PRESENCE_PORT=0 \
  PRESENCE_SHARDS=${PRESENCE_SHARDS:-2} LOG_LEVEL=warning "$presenced" >"$log" &
daemon_pid=$!
port=''
until [[ $port ]]; do
  kill -0 "$daemon_pid"
  sleep 0.05
  port=$(sed -n 's/.* listens on .*:\([0-9]*\)$/\1/p' "$log")
done

"$load" --url "ws://127.0.0.1:$port" --daemon-pid "$daemon_pid" --redis-pid "$redis_pid" \
  --redis-url "unix://$socket" "$@"

# The daemon has to end well too.
kill "$daemon_pid"
wait "$daemon_pid"
daemon_pid=''
