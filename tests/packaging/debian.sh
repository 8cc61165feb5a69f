#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# debian.sh <release> [arguments]: `packaging/test.sh --quick`, or with these arguments, in a Debian that has
# nothing, made by debootstrap. Needs root.
set -euo pipefail
release=$1
shift
source=$(cd "$(dirname "$0")/../.." && pwd)
root=$(mktemp -d)
clean() {
  umount "$root/dev/shm" "$root/dev/pts" "$root/dev" "$root/proc" 2>/dev/null || true
  mountpoint -q "$root/dev" || rm -rf "$root"
}
trap clean EXIT
debootstrap --variant=minbase --include=ca-certificates,git "$release" "$root" >/dev/null
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
git clone -q "$source" "$root/src"
# The names of this machine, and its registries.
cp /etc/resolv.conf /etc/hosts "$root/etc"
[[ ! -f ~/.npmrc ]] || cp ~/.npmrc "$root/root"
chroot "$root" env -u LC_ALL -u LANG HOME=/root TERM=dumb bash -c 'cd /src && packaging/test.sh "$@"' test.sh \
  "${@:---quick}"
