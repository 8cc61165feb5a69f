#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# screenshots.sh <build> [directory]: pictures of the dashboard, light and dark, and in German, of a
# cluster with 20,000 users (USERS). Builds nothing; needs Xvfb.
set -euo pipefail
build=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
out=${2:-$here/../../resources/screenshots}
mkdir -p "$out"
out=$(realpath "$out")
export PRESENCED=$build/server/app/presenced
cd "$here"
[[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --no-audit --no-fund --loglevel=error

display_file=$(mktemp)
Xvfb -displayfd 3 -screen 0 1400x1000x24 -nolisten tcp 3>"$display_file" 2>/dev/null &
xvfb=$!
trap 'kill $xvfb; rm -f "$display_file"' EXIT
until [[ -s $display_file ]]; do sleep 0.1; done
DISPLAY=:$(cat "$display_file")
export DISPLAY
export QT_QPA_PLATFORM=xcb OUT=$out TOOL=$build/tests/e2e/presence-screenshots
# shellcheck disable=SC2016
node livelyscene.mjs bash -c 'for scheme in ${SCHEMES:-light dark german}; do "$TOOL" "$OUT" "$scheme" || exit 1; done'
