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
  umount "$root/dev" "$root/proc" || true
  rm -rf --one-file-system "$root"
}
trap clean EXIT
debootstrap --variant=minbase --include=ca-certificates,git "$release" "$root" >/dev/null
mount -t proc proc "$root/proc"
# Not this machine's: what is removed there would be gone here.
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in "null 3" "zero 5" "full 7" "random 8" "urandom 9"; do
  mknod -m 666 "$root/dev/${device% *}" c 1 "${device#* }"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir -m 1777 "$root/dev/shm"
git clone -q "$source" "$root/src"
# The names of this machine, its registries, and whom it trusts with them.
cp /etc/resolv.conf /etc/hosts "$root/etc"
cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates" 2>/dev/null || true
chroot "$root" update-ca-certificates >/dev/null
[[ ! -f ~/.npmrc ]] || cp ~/.npmrc "$root/root"
chroot "$root" env -u LC_ALL -u LANG HOME=/root TERM=dumb bash -c 'cd /src && packaging/test.sh "$@"' test.sh \
  "${@:---quick}"
