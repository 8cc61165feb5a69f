#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing, builds, and starts the daemon; where nothing is configured, on a
# private redis-server in build/state. Where there is a display, the dashboard, too: already
# connected when the daemon made the token itself. Arguments go to the daemon.
#
# run.sh --demo: two nodes with 300 simulated users instead, one of which is killed now and then, in a
# directory of their own, whatever is configured. It ends with the window, or with Ctrl+C, and leaves
# nothing. `run.sh --demo --help` lists its options.
#
# PRESENCE_BUILD=build/ci runs what was built there, as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

demo=
if [[ ${1:-} == --demo ]]; then
  demo=1
  shift
fi
display=${DISPLAY:-}${WAYLAND_DISPLAY:-}
build=build/release
if [[ -n ${PRESENCE_BUILD:-} ]]; then
  build=$PRESENCE_BUILD
  unset PRESENCE_BUILD # the daemon would warn of a variable that it does not know
else
  kind=daemon admin=OFF
  [[ -z $display ]] || kind='' admin=ON
  packaging/install-dependencies.sh "$kind"
  cmake --preset release -DPRESENCE_ADMIN=$admin ${demo:+-DPRESENCE_TESTS=ON}
  cmake --build --preset release --target presenced ${display:+presence-admin} ${demo:+presence-demo}
fi
daemon=$build/server/app/presenced

if [[ -n $demo ]]; then
  exec "$build/packaging/demo/presence-demo" --presenced "$daemon" ${display:+--window "$build/admin/app/presence-admin"} "$@"
fi
export PRESENCE_STATE_DIR=${PRESENCE_STATE_DIR:-$PWD/build/state}
[[ -n $display ]] || exec "$daemon" "$@"

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
  "$build/admin/app/presence-admin" "${options[@]}" &
  dashboard=$!
fi
wait "$pid" || wait "$pid"
