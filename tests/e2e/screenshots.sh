#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# screenshots.sh <build> [directory]: pictures of the dashboard, light and dark, and in German, of a
# cluster with 20,000 users (USERS). Builds nothing; needs Xvfb, and fonts-noto-color-emoji for what people say.
set -euo pipefail
build=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
out=${2:-$here/../../resources/screenshots}
mkdir -p "$out"
out=$(realpath "$out")
export PRESENCED=$build/server/app/presenced
cd "$here"
./packages.sh

# All at once: a node that is gone is forgotten after a minute, and its ghosts are over.
export OUT=$out TOOL=$build/tests/e2e/presence-screenshots
# shellcheck disable=SC2016
exec ../support/xvfb.sh node livelyfixture.mjs bash -c \
  'for scheme in ${SCHEMES:-light dark german}; do "$TOOL" "$OUT" "$scheme" & all+=($!); done
   for each in "${all[@]}"; do wait "$each" || exit 1; done'
