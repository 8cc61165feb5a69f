#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing, builds, and starts the daemon; where nothing is configured, on a
# private redis-server in build/state. Arguments go to the daemon.
set -euo pipefail
cd "$(dirname "$0")/.."

packaging/install-dependencies.sh
cmake --preset release
cmake --build --preset release --target presenced

export PRESENCE_STATE_DIR=${PRESENCE_STATE_DIR:-$PWD/build/state}
exec build/release/server/app/presenced "$@"
