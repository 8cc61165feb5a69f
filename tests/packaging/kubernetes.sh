#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# kubernetes.sh <build folder>         tests of the chart's values, the manifests and redis-cluster.yaml
# kubernetes.sh <build folder> --helm  the chart by Helm, and the manifests by Kustomize
# Validators are installed in the folder, and so are Helm and Kustomize from their Go modules, unless HELM and KUSTOMIZE
# name others. PRESENCED names the daemon, which is started with the variables of the pods.
set -euo pipefail
shopt -s inherit_errexit
mkdir -p "$1"
folder=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
requirements=$here/kubernetes_requirements.txt

# Only when the list is newer than what is installed.
if [[ ! "$folder/venv/installed" -nt "$requirements" ]]; then
  python3 -m venv --clear "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "$requirements"
  touch "$folder/venv/installed"
fi

# go_program <name> <module@version>: its path, once it has been built
go_program() {
  local program=$folder/$1-${2##*@}
  if [[ ! -x $program ]]; then
    # With caches of its own: more than a gigabyte, which is not needed again.
    GOBIN=$folder/go/bin GOPATH=$folder/go GOCACHE=$folder/go/cache GOFLAGS=-modcacherw GOTOOLCHAIN=local CGO_ENABLED=0 \
      nice go install "$2" >&2
    mv "$folder/go/bin/$1" "$program"
  fi
  echo "$program"
}

test=kubernetes_test.py
if [[ "${2:-}" == --helm ]]; then
  test=kubernetes_helm_test.py
  HELM=${HELM:-$(go_program helm helm.sh/helm/v3/cmd/helm@v3.22.0)}
  KUSTOMIZE=${KUSTOMIZE:-$(go_program kustomize sigs.k8s.io/kustomize/kustomize/v5@v5.7.1)}
  rm -rf "$folder/go"
  export HELM KUSTOMIZE
fi
PYTHONDONTWRITEBYTECODE=1 "$folder/venv/bin/python" "$here/$test"
