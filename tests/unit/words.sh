#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# words.sh: nothing says in words of its own what the field has terms for (server/README.md has the
# glossary). Only words that mean nothing else can be looked for.
set -euo pipefail
cd "$(dirname "$0")/../.."
words='outdone|outdoes|outdid|attend|attends|attended|greeted|distrust|giveBack|onlooker|onlookers|SelfEvent|SelfTopic|Desk|setTroubled|handing on'
if found=$(grep -rnwE "$words" server shared admin tests packaging README.md CONTRIBUTING.md \
  --include='*.cpp' --include='*.h' --include='*.md' --include='*.mjs' --include='*.cmake' \
  --include=CMakeLists.txt --exclude-dir=node_modules); then
  echo "$found" >&2
  exit 1
fi
