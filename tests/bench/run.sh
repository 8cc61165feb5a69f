#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh <presenced> <presence-load> [--quick] [--runs N] [--rows join1,fanout,…] [--peers]
# Measures that daemon, each run of a row with a Redis and a daemon of its own, and prints the table
# of README.md.
set -euo pipefail
presenced=$1 load=$2
shift 2
rows=join1,join3,set_status,heartbeat,fanout,rest_get,rest_bulk,latency,latency_nodes,idle1,idle3
rows+=,memory1,memory3,storm,linear,fifty
runs=3 quick=() peers=''
while (($#)); do
  case $1 in
    --quick) quick=(--quick) runs=1 ;;
    --runs) runs=$2; shift ;;
    --rows) rows=$2; shift ;;
    --peers) peers=yes ;;
    *) sed -n 's/^# \(run\.sh .*\)/\1/p' "$0" >&2; exit 64 ;;
  esac
  shift
done

export AUTH_JWT_SECRET=the-secret-of-a-benchmark-32-bytes
directory=$(mktemp -d)
socket=$directory/redis.sock
redis_pid='' daemon_pids=() urls=()
cleanup() {
  kill ${daemon_pids[@]+"${daemon_pids[@]}"} $redis_pid 2>/dev/null || true
  wait
  rm -rf "$directory"
}
trap cleanup EXIT

# pin <core or any> <command …>
pin() {
  local core=$1
  shift
  if [[ $core != any ]]; then set -- taskset -c "$core" "$@"; fi
  exec "$@"
}
server_core=0 load_core=1
taskset -c 0,1 true 2>/dev/null || server_core=any load_core=any

# With the sizes of hashes that the private Redis and the resources in packaging have.
start_redis() { # <core>
  pin "$1" redis-server --port 0 --unixsocket "$socket" --dir "$directory" --save '' --appendonly no \
    --hash-max-listpack-value 512 --hash-max-listpack-entries 64 >/dev/null &
  redis_pid=$!
  until redis-cli -s "$socket" ping >/dev/null 2>&1; do
    kill -0 "$redis_pid" || exit 1
    sleep 0.05
  done
}

# What Redis spends with nobody connected, in µs of its processor a second: its own timers.
redis_alone() {
  local seconds=5 before after
  if ((${#quick[@]})); then seconds=1; fi
  read -r before _ <"/proc/$redis_pid/schedstat"
  sleep $seconds
  read -r after _ <"/proc/$redis_pid/schedstat"
  echo $(((after - before) / 1000 / seconds))
}

# What is measured is not how much of it is allowed: it is asked, and never too much.
enough='1000000/s burst=100000000'
for whom in USER ADDRESS; do
  for what in REQUESTS JOINS ROWS SNAPSHOTS CHANGES ACTIVITY MESSAGES; do
    export "LIMIT_${whom}_$what=$enough"
  done
done
export LIMIT_USER_CONNECTIONS=1000000 LIMIT_ADDRESS_CONNECTIONS=1000000 LIMIT_USER_WATCHED=10000000 \
  LIMIT_USER_UNSENT=100000 LIMIT_ADDRESS_UNAUTHENTICATED=$enough LIMIT_ADDRESS_ACCEPTS=$enough METRICS_BIND=none CANARY_INTERVAL=0 DRAIN_DELAY=0

start_daemon() { # <core> <shards>
  local log=$directory/presenced.${#urls[@]}.log port='' pid
  REDIS_URL=unix://$socket PRESENCE_BIND=127.0.0.1 PRESENCE_PORT=0 PRESENCE_SHARDS=$2 \
    NODE_NAME=node-${#urls[@]} LOG_LEVEL=warning pin "$1" "$presenced" >"$log" &
  pid=$!
  daemon_pids+=("$pid")
  until [[ $port ]]; do
    kill -0 "$pid" || exit 1
    sleep 0.05
    port=$(sed -n 's/.* listens on .*:\([0-9]*\)$/\1/p' "$log")
  done
  urls+=("ws://127.0.0.1:$port")
}

# The daemons have to end well too.
stop_all() {
  local pid status=0
  for pid in "${daemon_pids[@]}"; do
    kill "$pid"
    wait "$pid" || status=1
  done
  grep -hv " listens on " "$directory"/presenced.*.log >&2 || true
  kill "$redis_pid"
  wait "$redis_pid" || true
  redis_pid='' daemon_pids=() urls=()
  rm -f "$directory"/presenced.*.log
  return $status
}

# measure <core> <row> [options]: the row against the daemons that run
measure() {
  local core=$1 floor=()
  shift
  if [[ $server_core != any ]]; then floor=(--floor-core "$server_core"); fi
  (pin "$core" "$load" "$@" ${urls[@]+"${urls[@]/#/--url=}"} --daemon-pid "${daemon_pids[0]}" \
    --redis-pid "${redis_pid:-0}" --redis-url "unix://$socket" ${quick[@]+"${quick[@]}"} \
    ${floor[@]+"${floor[@]}"}) >>"$directory/figures"
}

run_pinned() { # <nodes> <row> [options]
  local nodes=$1 status=0
  shift
  start_redis "$load_core"
  if [[ $1 == idle* ]]; then set -- "$@" --redis-alone "$(redis_alone)"; fi
  for ((node = 0; node < nodes; ++node)); do start_daemon "$server_core" 1; done
  measure "$load_core" "$@" || status=1
  stop_all && return $status
}

run_on_all_cores() { # <row>
  local status=0
  start_redis any
  start_daemon any 2
  measure any "$@" || status=1
  stop_all && return $status
}

# A process has 20,000 descriptors at most on many systems: three daemons, three loads.
run_fifty() {
  local connections=16667 status=0 all_urls all_pids loads=() pid
  if ((${#quick[@]})); then connections=600; fi
  start_redis any
  for node in 0 1 2; do start_daemon any 1; done
  all_urls=("${urls[@]}") all_pids=("${daemon_pids[@]}")
  for node in 0 1 2; do
    urls=("${all_urls[node]}") daemon_pids=("${all_pids[node]}")
    measure any fifty --connections $connections --first-user $((node * connections)) \
      --together $((3 * connections)) &
    loads+=($!)
  done
  for pid in "${loads[@]}"; do wait "$pid" || status=1; done
  daemon_pids=("${all_pids[@]}")
  stop_all && return $status
}

run_linear() {
  local connections status=0
  for connections in 1000 5000 19000; do
    if ((${#quick[@]})); then connections=$((connections / 25)); fi
    run_pinned 1 linear --connections $connections || status=1
  done
  return $status
}

# Servers that need Node and npm; without them their figures are missing.
run_peers() {
  local peers=$directory/peers status=0 name path run pid
  cp -r "$(dirname "$0")/peers" "$peers"
  if ! npm install --prefix "$peers" --silent --no-audit --no-fund >&2; then
    echo "no peers: npm install failed" >&2
    return 0
  fi
  for ((run = 1; run <= runs; ++run)); do
    for name in ws socket.io; do
      echo "run $run of $runs: $name" >&2
      rm -f "$peers/port"
      pin "$server_core" node "$peers/server.mjs" $name >"$peers/port" &
      pid=$!
      daemon_pids=("$pid")
      until [[ -s $peers/port ]]; do
        kill -0 "$pid"
        sleep 0.05
      done
      path=/
      if [[ $name == socket.io ]]; then path='/socket.io/?EIO=4&transport=websocket'; fi
      measure "$load_core" peer --peer "ws://127.0.0.1:$(<"$peers/port")$path" || status=1
      kill "$pid"
      wait "$pid" || true
      daemon_pids=()
    done
  done
  return $status
}

run_row() {
  case $1 in
    memory*) run_on_all_cores "$1" ;;
    # Each change for itself: two of a user within a window would be one.
    latency_nodes) PRESENCE_DIFF_WINDOW=0 run_pinned 2 "$1" ;;
    fanout) PRESENCE_DIFF_WINDOW=0 run_pinned 1 "$1" ;;
    fifty) run_fifty ;;
    linear) run_linear ;;
    *) run_pinned 1 "$1" ;;
  esac
}

failed=0
for ((run = 1; run <= runs; ++run)); do
  for row in ${rows//,/ }; do
    echo "run $run of $runs: $row" >&2
    run_row "$row" || { echo "$row: wrong" >&2; failed=1; }
  done
done
if [[ $peers ]]; then run_peers || failed=1; fi
"$load" --table <"$directory/figures"
exit $failed
