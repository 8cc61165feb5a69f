#!/bin/sh
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# start.sh redis|sentinel: what the containers of Redis run. Both write to their configuration: Redis when Sentinel has
# told it whom to replicate, Sentinel whenever it learns something. So it is a file on the volume, made at each start
# from the read-only one beside this script, the passwords, and what was learned before.
set -eu
umask 077
# The shell of the image has no arrays, and Redis' own quoting is not the shell's.
case $REDISCLI_AUTH in
  *[!A-Za-z0-9]* | '')
    echo 'REDIS_PASSWORD must be letters and digits' >&2
    exit 78
    ;;
esac
template=/etc/redis/$1.conf
file=/data/$1.conf
host=$(hostname)

redis() {
  master=${REPLICA_OF:-}
  [ ! -s "$file" ] || master=$(sed -n 's/^replicaof //p' "$file")
  cat "$template"
  echo "requirepass $REDISCLI_AUTH"
  echo "masterauth $REDISCLI_AUTH"
  # Sentinel knows it by this name, not by an address that the next container does not have.
  echo "replica-announce-ip $host"
  [ -z "$master" ] || echo "replicaof $master"
}

sentinel() {
  name=$(sed -n 's/^sentinel monitor \([^ ]*\) .*/\1/p' "$template")
  if grep -qs '^sentinel monitor ' "$file"; then
    grep -v '^sentinel monitor ' "$template"
    grep -E '^sentinel (myid|monitor|known-replica|known-sentinel|(config|leader|current)-epoch) ' "$file"
  else
    cat "$template"
  fi
  echo "requirepass $REDISCLI_AUTH"
  echo "sentinel sentinel-pass $REDISCLI_AUTH"
  echo "sentinel auth-pass $name $REDISCLI_AUTH"
  echo "sentinel announce-ip $host"
}

"$1" >"$file.new"
mv "$file.new" "$file"
case $1 in
  redis) exec redis-server "$file" ;;
  sentinel) exec redis-server "$file" --sentinel ;;
esac
