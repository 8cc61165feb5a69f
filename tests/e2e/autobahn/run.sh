#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh <autobahn-echo> <folder>: the Autobahn suite against that server. The suite is installed in
# the folder, and leaves its reports there. CASES: only these, for example "6.4.*". BY_TLS=1: encrypted.
set -euo pipefail
server=$(realpath "$1")
folder=$(realpath "$2")
here=$(dirname "$(realpath "$0")")
requirements=$here/requirements.txt

# Only when the list is newer than what is installed.
if [[ ! "$folder/venv/installed" -nt "$requirements" ]]; then
  python3 -m venv --clear "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "$requirements"
  touch "$folder/venv/installed"
fi

certificate=()
if [[ -n "${BY_TLS:-}" ]]; then
  certificate=("$folder/tls.crt" "$folder/tls.key")
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -out "${certificate[0]}" -keyout "${certificate[1]}" 2>/dev/null
fi

coproc SERVER { exec "$server" "${certificate[@]}"; }
server_pid=$SERVER_PID
read -r -t 10 port <&"${SERVER[0]}"
if [[ -n "${BY_TLS:-}" ]]; then
  exec {forward}< <(exec python3 "$here/tlsforward.py" "$port")
  trap 'kill "$!" 2>/dev/null || true' EXIT
  read -r -t 10 port <&"$forward"
fi

# 12 and 13 are about compression, which the server does not offer.
rm -rf "$folder/reports"
said=$("$folder/venv/bin/kosoku" "127.0.0.1:$port" --outdir "$folder/reports" \
  --include "${CASES:-*}" --exclude '12.*' --exclude '13.*')
echo "$said"
# A suite that ran less than it has would pass as well.
[[ -n "${CASES:-}" ]] || grep -q '^301 cases passed$' <<<"$said"

# It ends when its input does.
exec {SERVER[1]}>&-
wait "$server_pid"
