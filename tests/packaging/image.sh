#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# image.sh: the image is built by Debian's buildah, on a base made by debootstrap, and run: as its user, on a
# read-only root. Needs root and buildah, and no engine.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^project(presence VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
scratch=$(mktemp -d)
export STORAGE_DRIVER=vfs
buildah=(buildah --root "$scratch/storage" --runroot "$scratch/run")
container=
clean() {
  [[ -z $container ]] || "${buildah[@]}" umount "$container" >/dev/null || true
  rm -rf --one-file-system "$scratch"
}
trap clean EXIT
fail() {
  echo "$*" >&2
  exit 1
}

debootstrap --variant=minbase --include=ca-certificates bookworm "$scratch/base" >/dev/null
# As in debian:12-slim.
mkdir -p "$scratch/base/etc/dpkg/dpkg.cfg.d"
printf 'path-exclude /usr/share/%s/*\n' doc man locale info >"$scratch/base/etc/dpkg/dpkg.cfg.d/slim"
rm -rf "$scratch"/base/usr/share/{doc,man,locale,info}/* "$scratch"/base/var/cache/apt/* \
  "$scratch"/base/var/lib/apt/lists/*
base=$("${buildah[@]}" from scratch)
"${buildah[@]}" add -q "$base" "$scratch/base" / >/dev/null
"${buildah[@]}" commit -q "$base" localhost/debian >/dev/null
"${buildah[@]}" rm "$base" >/dev/null

begin=$SECONDS
"${buildah[@]}" build --isolation chroot --format docker --pull-never --build-arg BASE=localhost/debian \
  --ignorefile packaging/docker/Dockerfile.dockerignore -f packaging/docker/Dockerfile -t presenced . ||
  fail "the image does not build"
echo "image built in $((SECONDS - begin)) s"
container=$("${buildah[@]}" from --pull-never presenced)
root=$("${buildah[@]}" mount "$container")
size=$(du -sxm "$root" | cut -f1)
echo "$size MB unpacked"
((size <= 200)) || fail "it is larger than 200 MB"
config=$("${buildah[@]}" inspect --type image presenced)
[[ $config == *"\"org.opencontainers.image.version\": \"$version\""* ]] || fail "its label has another version"
[[ $config == *'"10001:10001"'* ]] || fail "it does not run as user 10001"

# buildah knows no read-only root: a bind mount is one.
mount --bind "$root" "$root"
mount -o remount,ro,bind "$root"
trap 'umount "$root" || true; clean' EXIT
daemon=
mount -t tmpfs -o mode=0700,uid=10001,gid=10001 tmpfs "$root/var/lib/presenced"
trap 'kill $daemon 2>/dev/null || true; wait; umount "$root/var/lib/presenced" "$root" || true; clean' EXIT
mapfile -t entrypoint < <(python3 -c 'import json, sys
print(*json.load(sys.stdin)["OCIv1"]["config"]["Entrypoint"], sep="\n")' <<<"$config")
env -i PATH=/usr/sbin:/usr/bin:/bin PRESENCE_STATE_DIR=/var/lib/presenced PRESENCE_PORT=4097 \
  AUTH_JWT_SECRET=a-secret-of-the-test-of-thirty-two-bytes \
  chroot --userspec=10001:10001 "$root" "${entrypoint[@]}" &
daemon=$!
begin=$SECONDS
until curl -fs http://127.0.0.1:4097/health/ready >/dev/null; do
  ((SECONDS - begin < 30)) && kill -0 "$daemon" || fail "it does not get ready"
  sleep 0.1
done
[[ $(curl -fs http://127.0.0.1:4097/health) == *"\"version\":\"$version\""* ]] || fail "/health has another version"
# The health check is the image's own command.
mapfile -t check < <(python3 -c 'import json, sys
config = json.load(sys.stdin)["Docker"]["config"]
print(*[word for word in config["Healthcheck"]["Test"] if word != "CMD"], sep="\n")' <<<"$config")
env -i PATH=/usr/sbin:/usr/bin:/bin PRESENCE_PORT=4097 chroot --userspec=10001:10001 "$root" "${check[@]}" ||
  fail "the health check fails on a healthy daemon"
env -i PATH=/usr/sbin:/usr/bin:/bin PRESENCE_PORT=4096 chroot --userspec=10001:10001 "$root" "${check[@]}" 2>/dev/null &&
  fail "the health check passes where nothing listens"
kill "$daemon"
wait "$daemon" || fail "it does not end with 0"
echo passed
