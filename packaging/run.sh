#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing, builds, and starts the daemon; where nothing is configured, on a
# private redis-server in build/state. Where there is a display, the dashboard, too: already
# connected when the daemon made the token itself. Arguments go to the daemon.
set -euo pipefail
cd "$(dirname "$0")/.."

export PRESENCE_STATE_DIR=${PRESENCE_STATE_DIR:-$PWD/build/state}
daemon=build/release/server/app/presenced
if [[ -z ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]]; then
  packaging/install-dependencies.sh daemon
  cmake --preset release -DPRESENCE_ADMIN=OFF
  cmake --build --preset release --target presenced
  exec "$daemon" "$@"
fi

packaging/install-dependencies.sh
cmake --preset release -DPRESENCE_ADMIN=ON
cmake --build --preset release --target presenced presence-admin

# Only for this user: it has a token in it.
scratch=$(umask 077 && mktemp -d)
"$daemon" "$@" > >(tee "$scratch/output") &
pid=$!
trap 'kill "$pid" 2>/dev/null || true' INT TERM
dashboard=
trap 'rm -rf "$scratch"; [[ -z $dashboard ]] || kill "$dashboard" 2>/dev/null || true' EXIT

# Until it listens, and has said its token, if it has one to say.
address=
while kill -0 "$pid" 2>/dev/null && [[ -z $address ]]; do
  sleep 0.2
  address=$(sed -n 's/.*listens on \(.*:[0-9]*\).*/\1/p' "$scratch/output" | head -1)
done
if [[ -n $address ]]; then
  sleep 0.5
  tokens=$PRESENCE_STATE_DIR/tokens-${address##*:}
  if [[ -r $tokens ]]; then
    cat "$tokens"
    sed -n 's/^Admin token: //p' "$tokens" >"$scratch/token"
  fi
  options=()
  [[ -s $scratch/token ]] && options=(--url "http://127.0.0.1:${address##*:}" --token-file "$scratch/token")
  build/release/admin/app/presence-admin "${options[@]}" &
  dashboard=$!
fi
wait "$pid" || wait "$pid"
