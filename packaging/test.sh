#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing, builds, and runs every test. PRESET=asan picks another preset.
set -euo pipefail
cd "$(dirname "$0")/.."

packaging/install-dependencies.sh test
preset=${PRESET:-ci}
cmake --preset "$preset"
cmake --build --preset "$preset"
ctest --preset "$preset" "$@"
