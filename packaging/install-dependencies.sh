#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing on Debian 12 or 13: `install-dependencies.sh daemon` for the daemon alone,
# without an argument for the dashboard as well, with `test` for the tests, too, with `proxies` for those behind
# nginx, HAProxy and Caddy, with `lint` for what needs clang, with `java` for a second server that speaks
# MongoDB's protocol, with `package` for what makes packages, and with `package-tests` for what tests them.
# Does nothing, and needs no root, when all of it is there.
set -euo pipefail

kind=${1:-}
packages=(
  g++ cmake ninja-build ccache pkg-config
  qt6-base-dev qt6-websockets-dev qt6-httpserver-dev
  libhiredis-dev libexpected-dev libhttp-parser-dev prometheus-cpp-dev libsimdjson-dev libssl-dev
  libjemalloc-dev libsystemd-dev libmongoc-dev libyaml-cpp-dev
)
# What the package redis-server adds to redis-tools is a service, which it would start.
command -v redis-server >/dev/null || packages+=(redis-tools)
if [[ $kind != daemon ]]; then
  packages+=(qt6-svg-dev libqt6svg6 qt6-l10n-tools qt6-tools-dev qtkeychain-qt6-dev qt6-translations-l10n)
  # Later releases have it in qt6-base-dev.
  # shellcheck source=/dev/null
  [[ $(. /etc/os-release && echo "${VERSION_ID:-}") != 12 ]] || packages+=(libqt6opengl6-dev)
fi
if [[ $kind == test ]]; then
  packages+=(openssl xvfb fonts-dejavu-core chromium)
  # A node or a Python that did not come from a package counts as well.
  command -v node >/dev/null || packages+=(nodejs)
  command -v npm >/dev/null || packages+=(npm)
  python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
fi
# Each is a service as well, which would start: for machines that are made for tests.
[[ $kind != proxies ]] || packages+=(nginx haproxy caddy)
[[ $kind != lint ]] || packages+=(clang clang-tidy clazy libclang-rt-dev)
[[ $kind != java ]] || packages+=(maven default-jdk-headless)
[[ $kind != package* ]] || packages+=(debhelper dpkg-dev)
[[ $kind != package-tests ]] || packages+=(lintian debootstrap buildah prometheus iproute2 wget)

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "Root is needed, and sudo is not installed. As root, run:  packaging/install-dependencies.sh $kind" >&2
    exit 1
  fi
}

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ "$state" == installed ]] || missing+=("$package")
done
if ((${#missing[@]})); then
  echo "Installing: ${missing[*]}"
  as_root sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
apt-get install -y -qq --no-install-recommends ${missing[*]}"
fi
# Which program it is it sees by its name.
if [[ $kind != package ]] && ! command -v redis-server >/dev/null; then
  as_root ln -sf /usr/bin/redis-check-rdb /usr/local/bin/redis-server
fi
