#!/usr/bin/env bash
# SPDX-FileCopyrightText: The presenced authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing, builds, and runs tests, at one of three speeds:
#   test.sh --quick    unit tests, integration on one Redis, ten stories
#   test.sh            every test but the nightly ones
#   test.sh --nightly  hours: both sanitizers, thousands of stories, long faults, the soak, the fuzzers, the
#                      linters, a build of each file by itself
# and for one thing each:
#   test.sh --sanitize unit tests and the integration of presence under AddressSanitizer, as CI does
#   test.sh --packages the Debian packages, the image, the chart, and the quick tests on Debian 13, each from
#                      nothing; needs root
#   test.sh --soak     clients, dashboards, operators and failures of Redis all at once, under
#                      AddressSanitizer, for SOAK_SECONDS (600)
#   test.sh --fuzz     what strangers send, by libFuzzer, for FUZZ_SECONDS (3600) in all
# Further arguments go to ctest. PRESET picks another preset than ci.
set -euo pipefail
cd "$(dirname "$0")/.."

speed=default
case ${1:-} in
  --quick | --nightly | --sanitize | --packages | --soak | --fuzz)
    speed=${1#--}
    shift
    ;;
esac

# build <preset> [target...]
build() {
  cmake --preset "$1"
  cmake --build --preset "$1" ${2:+--target "${@:2}"}
}

fuzz() {
  packaging/install-dependencies.sh lint
  build fuzz fuzzers
  local sources=(tests/fuzz/fuzz_*.cpp) source name
  local seconds=$((${FUZZ_SECONDS:-3600} / ${#sources[@]}))
  for source in "${sources[@]}"; do
    name=$(basename "$source" .cpp)
    # What is found goes there, to be begun with next time.
    mkdir -p "build/fuzz/corpus/${name#fuzz_}"
    (cd build/fuzz && "tests/fuzz/$name" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=4096 \
      -print_final_stats=1 "corpus/${name#fuzz_}" "../../tests/fuzz/corpus/${name#fuzz_}")
  done
}

packages() {
  ((EUID == 0)) || { echo "The tests of packages need root." >&2 && exit 1; }
  packaging/install-dependencies.sh package-tests
  local scratch
  scratch=$(mktemp -d)
  # Upgraded from the commit before.
  git worktree add -q --detach "$scratch/before" HEAD~1
  REVISION=0 "$scratch/before/packaging/build-deb.sh" "$PWD/build/packages/before"
  git worktree remove --force "$scratch/before"
  packaging/build-deb.sh build/packages/now
  lintian --fail-on error,warning build/packages/now/*.changes
  tests/packaging/deb.py build/packages/now build/packages/before
  tests/packaging/image.sh
  build "$preset"
  ctest --preset "$preset" -L packages
  tests/packaging/debian.sh trixie
}

packaging/install-dependencies.sh test
preset=${PRESET:-ci}
case $speed in
  quick)
    build "$preset"
    # They wait more than they compute.
    STORIES=10 ctest --preset "$preset" --parallel 8 -L 'unit|integration|stories' -E tst_invisible "$@"
    ;;
  default)
    build "$preset"
    ctest --preset "$preset" -LE 'soak|packages' "$@"
    ;;
  sanitize)
    build asan sanitized_tests
    ctest --preset asan -L sanitized "$@"
    ;;
  fuzz) fuzz ;;
  packages) packages ;;
  soak)
    build asan soak presenced
    ctest --preset asan -L soak "$@"
    ;;
  nightly)
    # What is too slow for the default, and why it may wait for the night:
    # each file by itself, by clang, without what a precompiled header or a unity build hides: 15 minutes
    packaging/install-dependencies.sh lint
    build clang
    packaging/lint.sh
    build "$preset"
    ctest --preset "$preset" -LE 'soak|packages' "$@"
    # other random stories each night, where the default always plays the same 100 and 30
    tests=build/$preset/tests/integration
    export QTEST_FUNCTION_TIMEOUT=3600000
    STORY_FIRST=$(date +%y%j0000) STORIES=3000 "$tests/stories/tst_stories"
    STORY_FIRST=$(date +%y%j0000) STORIES=300 "$tests/stories/tst_invisible"
    # the rules on the Redis and the Valkey that came after Debian's
    tests/support/newredis.sh "build/$preset/newredis"
    for version in redis8 valkey9; do
      (
        export PATH="$PWD/build/$preset/newredis/$version:$PATH"
        redis-server --version
        ctest --preset "$preset" -L 'integration|deployments' -E 'mongo|oldredis|stories' "$@"
        # Valkey does not take its time from where the stories' clock can set it.
        [[ $version == valkey9 ]] || STORY_FIRST=$(date +%y%j0000) STORIES=200 "$tests/stories/tst_stories"
      )
    done
    # failures of Redis under ten times the load
    FAULT_CLIENTS=2000 FAULT_CHANGES=500 "$tests/faults/integration_faults"
    # a thousand changes a second for a minute, while MongoDB and a node die
    ARCHIVE_CHANGES=60000 "$tests/archive/integration_archive" tst_mongo_outages
    # the WebSocket suite by TLS, and a new certificate under 5,000 clients
    BY_TLS=1 tests/e2e/autobahn/run.sh "build/$preset/tests/e2e/autobahn/autobahn-echo" \
      "build/$preset/tests/e2e/autobahn"
    TLS_CLIENTS=5000 E2E_FILES=tls.test.mjs tests/e2e/run.sh "build/$preset/server/app/presenced" \
      "build/$preset/tests/support/clockshift.so"
    # restarts behind nginx and HAProxy at full size, of which the default has 300 clients and 100 calls a second
    ROLLING_CLIENTS=2000 ROLLING_CALLS=500 E2E_FILES=proxyrestart.test.mjs tests/e2e/run.sh \
      "build/$preset/server/app/presenced" "build/$preset/tests/support/clockshift.so"
    # five minutes beside the Elixir service's commands, of which the default takes six seconds
    MIGRATION_SECONDS=300 E2E_FILES=migration.test.mjs tests/e2e/run.sh "build/$preset/server/app/presenced" \
      "build/$preset/tests/support/clockshift.so"
    # the driver on a second server that speaks MongoDB's protocol
    packaging/install-dependencies.sh java
    tests/support/mongojava.sh "build/$preset/mongojava"
    MONGO_SERVER=build/$preset/mongojava/mongo-java-server "$tests/archive/integration_archive" tst_mongo
    # Phoenix clients of others, in four languages
    tests/clients/run.sh "build/$preset/server/app/presenced" "build/$preset/tests/support/clockshift.so" \
      "build/$preset/clients"
    # AddressSanitizer over all of it: the default has it over unit tests and presence only. Without the
    # tests under load, whose limits are of a program at its own speed; the soak has load.
    build asan
    ctest --preset asan -L 'unit|integration|deployments' -E '^tst_(faults|outages|flood)$'
    # ThreadSanitizer over what has threads: the shards, and the daemon with several of them
    build tsan threaded_tests clockshift
    ctest --preset tsan -L threads
    E2E_FILES=$(echo {autoaway,devices,fanout,flapping,identifiers,invisible,longpoll,nodes,offline}.test.mjs \
      {presence,reconnect,rollingrestart,sequence,signoff,status,typing}.test.mjs) \
      ctest --preset tsan -R '^e2e(_packages)?$'
    # ten minutes, half an hour, and an hour
    ctest --preset asan -L soak
    packages
    fuzz
    ;;
esac
