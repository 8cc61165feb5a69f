#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ferretdb.sh <folder>: makes FerretDB, a real server that speaks MongoDB's protocol, as <folder>/ferretdb.
# Debian 12's Go is too old for it: where there is no newer one, PyPI's is taken.
set -euo pipefail
folder=$(realpath -m "$1")
source=$(dirname "$(realpath "$0")")/ferretdb
[[ "$folder/ferretdb" -nt "$source/go.sum" && "$folder/ferretdb" -nt "$source/main.go" ]] && exit 0
mkdir -p "$folder"
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p' || true)
if ((${minor:-0} < 24)); then
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "$(dirname "$source")/ferretdb.txt"
  PATH=$scratch/venv/bin:$PATH
fi
# With a module cache of its own, unless there is one: half a gigabyte, which is not needed again.
export CGO_ENABLED=0 GOFLAGS='-mod=mod -modcacherw' GOTOOLCHAIN=local
[[ -d "$(go env GOMODCACHE)" ]] || export GOMODCACHE=$scratch/modules
[[ -d "$(go env GOCACHE)" ]] || export GOCACHE=$scratch/cache
cp -r "$source" "$scratch/source"
(cd "$scratch/source" && nice go build -o "$folder/ferretdb" .)
