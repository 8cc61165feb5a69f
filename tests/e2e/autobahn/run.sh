#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh <autobahn-echo> <folder>: the Autobahn suite against that server. The suite is installed in
# the folder, and leaves its reports there. CASES: only these, for example "6.4.*".
set -euo pipefail
server=$(realpath "$1")
folder=$(realpath "$2")
requirements=$(dirname "$(realpath "$0")")/requirements.txt

# Only when the list is newer than what is installed.
if [[ ! "$folder/venv/installed" -nt "$requirements" ]]; then
  python3 -m venv --clear "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "$requirements"
  touch "$folder/venv/installed"
fi

coproc SERVER { exec "$server"; }
server_pid=$SERVER_PID
read -r -t 10 port <&"${SERVER[0]}"

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
