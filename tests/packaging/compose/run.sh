#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh <test.py> <folder> [argument...]: that test, with the Python packages it needs installed in the folder.
# `run.sh packages <folder>` does only that.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
name=$1
folder=$(realpath "$2")
shift 2

# Only when the list is newer than what is installed.
if [[ ! "$folder/venv/installed" -nt "$here/requirements.txt" ]]; then
  python3 -m venv --clear "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "$here/requirements.txt"
  touch "$folder/venv/installed"
fi
[[ "$name" != packages ]] || exit 0

# No __pycache__ in the source tree.
PYTHONDONTWRITEBYTECODE=1 exec "$folder/venv/bin/python3" "$here/$name" "$@"
