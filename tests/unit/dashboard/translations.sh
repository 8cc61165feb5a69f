#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fails when the dashboard says something that resources/i18n does not have, or has not translated.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$root/admin" "$copy"
mkdir -p "$copy/packaging" "$copy/resources"
cp "$root/packaging/update-translations.sh" "$copy/packaging"
cp -r "$root/resources/i18n" "$copy/resources"
"$copy/packaging/update-translations.sh"
if grep -rn 'type="unfinished"' "$copy/resources/i18n"; then
  echo "Not translated: run packaging/update-translations.sh and translate what is unfinished." >&2
  exit 1
fi
