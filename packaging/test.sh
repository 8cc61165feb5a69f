#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing, builds, and runs every test. PRESET=asan picks another preset.
# --soak: with the sanitizers, all at once for ten minutes, or for SOAK_SECONDS.
set -euo pipefail
cd "$(dirname "$0")/.."

packaging/install-dependencies.sh test
preset=${PRESET:-ci}
select=(-LE soak)
if [[ "${1:-}" == --soak ]]; then
  shift
  preset=asan
  select=(-L soak)
fi
cmake --preset "$preset"
cmake --build --preset "$preset"
ctest --preset "$preset" "${select[@]}" "$@"
