#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Brings resources/i18n up to what the dashboard says. Then translate with Qt Linguist: German whole,
# English for its plurals only. The test "translations" fails while something is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
lupdate=$(command -v lupdate6 || command -v /usr/lib/qt6/bin/lupdate)
"$lupdate" -silent -locations none -no-obsolete -I . admin \
  -source-language en -target-language de -ts resources/i18n/presence-admin_de.ts
"$lupdate" -silent -locations none -no-obsolete -pluralonly -I . admin \
  -source-language en -target-language en -ts resources/i18n/presence-admin_en.ts
