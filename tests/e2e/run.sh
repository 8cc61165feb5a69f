#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh <presenced> <clockshift>: the end-to-end tests against that binary; the library sets the
# clocks of Redis and nodes. E2E_FILES: only these, for example "typing.test.mjs".
set -euo pipefail
export PRESENCED CLOCKSHIFT
PRESENCED=$(realpath "$1")
CLOCKSHIFT=$(realpath "$2")
cd "$(dirname "$0")"
./packages.sh
# Most of the time they wait for a grace or a ping: more at once than there are cores.
# shellcheck disable=SC2086
exec node --test --test-concurrency=4 ${E2E_FILES:-}
