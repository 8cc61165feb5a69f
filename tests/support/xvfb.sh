#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# xvfb.sh <command> [arguments…]: runs it on a display of its own that nobody sees.
set -euo pipefail
directory=$(mktemp -d)
mkfifo "$directory/display"
Xvfb -displayfd 3 -screen 0 1400x1000x24 -nolisten tcp 3>"$directory/display" 2>"$directory/log" &
xvfb=$!
trap 'kill "$xvfb" 2>/dev/null; rm -rf "$directory"' EXIT
read -r number <"$directory/display" || { cat "$directory/log" >&2; exit 1; }
export DISPLAY=:$number QT_QPA_PLATFORM=xcb XDG_RUNTIME_DIR=$directory XDG_CONFIG_HOME=$directory/config
"$@"
