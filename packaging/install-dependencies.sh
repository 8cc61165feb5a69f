#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing on Debian 12: `install-dependencies.sh daemon` for the
# daemon alone, without an argument for the dashboard as well, with `test` for the tests, too, and
# with `lint` for what needs clang.
# Does nothing, and needs no root, when all of it is there.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache pkg-config
  qt6-base-dev qt6-websockets-dev qt6-httpserver-dev
  libhiredis-dev libexpected-dev libhttp-parser-dev prometheus-cpp-dev libsimdjson-dev libssl-dev
  libjemalloc-dev
  redis-server redis-tools
)
if [[ "${1:-}" != daemon ]]; then
  packages+=(qt6-charts-dev libqt6opengl6-dev qt6-svg-dev libqt6svg6 qt6-l10n-tools qt6-tools-dev qtkeychain-qt6-dev)
fi
if [[ "${1:-}" == test ]]; then
  packages+=(openssl xvfb fonts-dejavu-core)
  # A node or a Python that did not come from a package counts as well.
  command -v node >/dev/null || packages+=(nodejs)
  command -v npm >/dev/null || packages+=(npm)
  python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
fi

if [[ "${1:-}" == lint ]]; then
  packages+=(clang clang-tidy clazy libclang-rt-dev)
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ "$state" == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
((EUID == 0)) || as_root=(sudo)
echo "Installing: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
# RUNLEVEL=1 keeps the package from starting a redis-server of its own.
"${as_root[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
