#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# install.sh <build> <version>: `cmake --install` puts everything where the packages do, and each place that
# names a version names this one.
set -euo pipefail
build=$1 version=$2
source=$(cd "$(dirname "$0")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
DESTDIR=$tree cmake --install "$build" --prefix /usr --component daemon >/dev/null
DESTDIR=$tree cmake --install "$build" --prefix /usr --component dashboard >/dev/null

fail() {
  echo "$*" >&2
  exit 1
}
files=(usr/bin/presenced usr/lib/systemd/system/presenced.service usr/lib/sysusers.d/presenced.conf
  usr/lib/presenced/redis-server usr/share/man/man8/presenced.8)
if [[ -x $build/admin/app/presence-admin ]]; then
  files+=(usr/bin/presence-admin usr/share/man/man1/presence-admin.1 usr/share/applications/presence-admin.desktop
    usr/share/icons/hicolor/scalable/apps/presence-admin.svg)
fi
for file in "${files[@]}"; do
  [[ -e $tree/$file || -L $tree/$file ]] || fail "$file is not installed"
done
# What the unit reads and runs is what is installed with its prefix.
config=$(sed -n 's/^EnvironmentFile=-//p' "$build/packaging/presenced.service")
[[ -e $tree/$config ]] || fail "$config is not installed"
DESTDIR=$tree cmake --install "$build" --component daemon >/dev/null
program=$(sed -n 's/^ExecStart=//p' "$build/packaging/presenced.service")
[[ -x $tree/$program ]] || fail "$program is not installed"

# Installed again, an edited configuration stays.
etc=$(find "$tree" -name presenced.conf -path '*etc*' | head -1)
chmod u+w "$etc" && echo '#edited' >>"$etc"
DESTDIR=$tree cmake --install "$build" --prefix /usr --component daemon >/dev/null
DESTDIR=$tree cmake --install "$build" --component daemon >/dev/null
grep -q '^#edited' "$etc" || fail "an edited presenced.conf is overwritten"

# Each variable that the configuration of the service names is one.
while read -r variable; do
  grep -q "^  $variable " <("$build/server/app/presenced" --help) || fail "presenced.conf: there is no $variable"
  grep -q "^\.BR $variable " "$tree/usr/share/man/man8/presenced.8" || fail "presenced(8) has no $variable"
done < <(sed -nE 's/^#?([A-Z_]+)=.*/\1/p' "$source/packaging/systemd/presenced.conf")

[[ $("$tree/usr/bin/presenced" --version) == "presenced $version" ]] || fail "presenced --version"
grep -q "^ARG VERSION=$version\$" "$source/packaging/docker/Dockerfile" || fail "the image has another version"
grep -q "^## $version" "$source/CHANGELOG.md" || fail "CHANGELOG.md does not begin with $version"
