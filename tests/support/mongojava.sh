#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mongojava.sh <folder>: makes <folder>/mongo-java-server, a second server that speaks MongoDB's protocol and is
# written by others than FerretDB: <address> <folder of data, which it has no use for>. Needs Maven and a JDK.
set -euo pipefail
folder=$(realpath -m "$1")
source=$(dirname "$(realpath "$0")")/mongojava
[[ "$folder/mongo-java-server" -nt "$source/pom.xml" && "$folder/mongo-java-server" -nt "$source/Server.java" ]] && exit 0
mkdir -p "$folder/lib"
mvn --quiet --batch-mode --file "$source/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/lib" \
  -DincludeScope=runtime
javac -cp "$folder/lib/*" -d "$folder" "$source/Server.java"
cat >"$folder/mongo-java-server" <<END
#!/bin/sh
exec java -cp '$folder:$folder/lib/*' Server "\$@"
END
chmod +x "$folder/mongo-java-server"
