#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# runpath.sh <build folder> <program>...: no program says where to look for libraries, neither in the
# build tree nor installed, so that none is loaded from where an attacker may have put it.
set -euo pipefail
build=$1
shift
installed=$(mktemp -d)
trap 'rm -rf "$installed"' EXIT
cmake --install "$build" --prefix "$installed" >/dev/null
mapfile -t more < <(find "$installed" -type f -perm -u+x)
[[ ${#more[@]} -gt 0 ]]
for program in "$@" "${more[@]}"; do
  dynamic=$(readelf --dynamic "$program")
  if grep -E '\((RPATH|RUNPATH)\)' <<<"$dynamic"; then
    echo "$program has a library path" >&2
    exit 1
  fi
done
