#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh <presenced> <clockshift> <folder>: Phoenix clients of others, in JavaScript, Python, Java and Rust, and
# issuers of tokens, against that binary. CLIENT_FILES: only these, for example "issuers.test.mjs". They are fetched and built in the folder. Needs Node, Python, Maven with a JDK, and for the one in
# Rust a Cargo of 1.78 or later, which Debian 12 has not: without it that one is left out.
set -euo pipefail
export PRESENCED CLOCKSHIFT CLIENTS
PRESENCED=$(realpath "$1")
CLOCKSHIFT=$(realpath "$2")
CLIENTS=$(realpath -m "$3")
cd "$(dirname "$0")"
mkdir -p "$CLIENTS/java"
../e2e/packages.sh
npm ci --no-audit --no-fund --loglevel=error
[[ -x "$CLIENTS/python/bin/python" ]] || python3 -m venv "$CLIENTS/python"
"$CLIENTS/python/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
mvn --quiet --batch-mode --file java/pom.xml dependency:copy-dependencies -DoutputDirectory="$CLIENTS/java/lib" \
  -DincludeScope=runtime
javac -cp "$CLIENTS/java/lib/*" -d "$CLIENTS/java" java/Client.java java/Issuer.java
if cargo --version >/dev/null 2>&1 && printf '1.78\n%s\n' "$(cargo --version | cut -d' ' -f2)" | sort -CV; then
  (cd rust && cargo build --quiet --locked --target-dir "$CLIENTS/rust")
fi
# shellcheck disable=SC2086
exec node --test ${CLIENT_FILES:-clients.test.mjs issuers.test.mjs}
