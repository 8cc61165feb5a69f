#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# build-deb.sh [directory]: the Debian packages of presenced, presence-admin and their debug symbols, for
# the release of Debian that this runs on, into build/packages or the directory. Their version is the
# project's in CMakeLists.txt, with REVISION (1).
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-build/packages}
mkdir -p "$out"
out=$(realpath "$out")

packaging/install-dependencies.sh package
version=$(sed -n 's/^project(presence VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "${VERSION_ID}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/presenced-$version
mkdir "$tree"
cp -r CMakeLists.txt LICENSE CHANGELOG.md server admin shared resources packaging "$tree"
cp -r packaging/debian "$tree/debian"
cat >"$tree/debian/changelog" <<CHANGELOG
presenced ($version-${REVISION:-1}~deb${release}u1) stable; urgency=medium

  * Release $version: see CHANGELOG.md.

 -- The presenced authors <maintainers@presenced.invalid>  $(date -R -r CMakeLists.txt)
CHANGELOG
(cd "$tree" && dpkg-buildpackage --no-sign --build=binary --no-check-builddeps)
# Those of other versions stay, to go back to.
cp "$scratch"/*.deb "$scratch"/*.changes "$scratch"/*.buildinfo "$out"
ls -l "$out"
