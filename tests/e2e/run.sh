#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh <presenced>: the end-to-end tests against that binary.
set -euo pipefail
export PRESENCED
PRESENCED=$(realpath "$1")
cd "$(dirname "$0")"
# npm ci only when the lock file is newer than what is installed.
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  npm ci --no-audit --no-fund --loglevel=error
fi
exec node --test
