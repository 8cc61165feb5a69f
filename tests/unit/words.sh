#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# words.sh: nothing says in words of its own what the field has terms for (server/README.md has the
# glossary). Only words that mean nothing else can be looked for.
set -euo pipefail
cd "$(dirname "$0")/../.."
files=(--include='*.cpp' --include='*.h' --include='*.md' --include='*.mjs' --include='*.cmake' --include='*.ts'
  --include=CMakeLists.txt --exclude-dir=node_modules)
# Also as a part of a name; the lower-case ones as a whole word.
parts='[Oo]utd(one|oes|id)|[Gg]reeted|[Dd]istrust|[Gg]iveBack|[Oo]nlooker|Self(Event|Topic)|[a-z]Desk\b|\bDesk\b|setTroubled|[Hh]asten(s|ed)?\b|UserStep|ChannelStep|LossWatch|[a-z]Crowd|[Pp]utOut|isWell\b'
words='attends?|attended|crowds?|handing on|handed on|put out|foreign session'
found=$(grep -rnE "$parts" server shared admin tests packaging resources/i18n README.md CONTRIBUTING.md "${files[@]}" |
  grep -v '^tests/unit/words.sh:' || true)
found+=$(grep -rnwE "$words" server/{admin,app,auth,bus,channels,eventloop,http,hub,metrics,redis,transport} shared \
  admin tests packaging README.md CONTRIBUTING.md "${files[@]}" | grep -v '^tests/unit/words.sh:' || true)
if [[ -n $found ]]; then
  echo "$found" >&2
  exit 1
fi
