#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lint.sh [file.cpp...]: clang-tidy and clazy on these sources, or on all of server, shared and admin.
# Fails on what .clang-tidy makes an error (use after free and after move, dangling handles, ...), and
# on loops and references over temporaries and detaching copies.
set -euo pipefail
cd "$(dirname "$0")/.."

packaging/install-dependencies.sh lint
cmake --preset clang >/dev/null
files=("$@")
((${#files[@]})) || mapfile -t files < <(git ls-files 'server/*.cpp' 'shared/*.cpp' 'admin/*.cpp')
each() { printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 8 "$@"; }

each clang-tidy -p build/clang --quiet
CLAZY_EXPORT_FIXES='' each clazy-standalone -p build/clang --header-filter='/(server|shared|admin)/' \
  --checks=range-loop-detach,range-loop-reference,detaching-temporary,returning-data-from-temporary,temporary-iterator,writing-to-temporary,lambda-in-connect,connect-3arg-lambda \
  -extra-arg=-Werror
