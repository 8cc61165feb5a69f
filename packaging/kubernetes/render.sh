#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# render.sh [folder]: the plain manifests, from the chart, into the folder; by default manifests, beside this script.
# HELM names a helm that is not in PATH. Run it after a change of the chart and commit the result: a test compares.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
target=${1:-$here/manifests}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# 1.30: the oldest that has preStop's sleep.
"${HELM:-helm}" template presenced "$here/chart" --namespace presence --kube-version 1.30.0 --skip-tests \
  --values "$here/chart/ci/manifests-values.yaml" --output-dir "$scratch" >/dev/null
mkdir -p "$target"
for file in "$scratch"/presenced/templates/*.yaml; do
  # Nobody installs them with Helm.
  sed -e '/^---$/d' -e '/^# Source: /d' -e '/ helm\.sh\/chart: /d' -e '/ app\.kubernetes\.io\/managed-by: /d' \
    "$file" >"$target/$(basename "$file")"
done
