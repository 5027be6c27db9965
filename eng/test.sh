#!/bin/bash
# Builds everything and runs every test: formatting, the shell scripts, the native tests, each test
# project, and the end-to-end tests on a real one-node Kubernetes that comes up meanwhile.
#
#   test.sh [SUITE...]     where none is named, all that test-memory.sh does not know to have passed as they are
#
# Suites: format shell packages native native-older native-sanitize Api.Tests … native-operator EndToEnd.Tests
#
# Prints a table and, alone on the last line, `N passed, N failed` (and `, N skipped`). Fails on any
# failure, on a test process that crashes or takes too long, and on a suite that ran no test.
# Logs and reports go to artifacts/test-logs. KUBECONFIG_E2E names an existing cluster to use.
set -uo pipefail
eng=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
cd "$eng/.." || exit 1
# Who starts this in the background or under nohup has signals ignored, which every program inherits; tests send them.
[ -n "${MHC_TEST_SIGNALS:-}" ] || MHC_TEST_SIGNALS=default exec env --default-signal "$eng/test.sh" "$@"
export CONFIGURATION=${CONFIGURATION:-Release}
export K8S_RUN=${K8S_RUN:-$HOME/.cache/mhc-operator/cluster-test}
export TERM=dumb NO_COLOR=1
logs=$PWD/artifacts/test-logs
lane='' # process group of the suites that need Kubernetes, while it may run
suite_job='' # process group of the suite that runs
cluster_made=''
temporary='' # folder of all temporary files: what a test that is ended leaves behind goes with it
# shellcheck source=eng/test-suites.sh
source "$eng/test-suites.sh"
# shellcheck source=eng/test-memory.sh
source "$eng/test-memory.sh"

main() {
  exec < /dev/null
  rm -rf "$logs"
  mkdir -p "$logs"
  trap finish EXIT
  temporary=$(mktemp -d) || exit 1
  export TMPDIR=$temporary
  local named=("$@") wanted=("$@") suite
  [ $# -gt 0 ] || mapfile -t named < <(all_suites)
  set_up || return
  note_states "${named[@]}"
  build || return
  [ $# -gt 0 ] || mapfile -t wanted < <(suites_to_run)
  start_lane "${wanted[@]}"
  for suite in "${wanted[@]}"; do
    needs_cluster "$suite" || run_suite "$suite"
  done
  [ -z "$lane" ] || wait "$lane"
  lane=''
  for suite in "${named[@]}"; do
    grep --quiet "^$suite " "$logs/results" || record "$suite" 0 1 0 0 "gave no result"
  done
  summarize
}

# Leaves nothing running.
finish() {
  local status=$?
  trap '' TERM INT HUP # make passes on what the whole group has got already
  [ -z "$suite_job" ] || kill -- "-$suite_job" 2> /dev/null
  [ -z "$lane" ] || kill -- "-$lane" 2> /dev/null
  [ -z "$cluster_made" ] || "$eng/cluster.sh" down
  [ -z "$temporary" ] || rm -rf "$temporary"
  exit $status
}

# A test compares with PyTorch (with all that it needs 635 MB), others run on emulated processors: who only builds does without.
set_up() { logged_build "$eng/setup.sh" python3-torch qemu-user; }

# Everything is built once, before any test.
build() {
  local started=$SECONDS
  echo "building"
  logged_build make --no-print-directory build && echo "built in $((SECONDS - started)) s"
}

# logged_build COMMAND...: where it fails, that counts as one failed test.
logged_build() {
  "$@" >> "$logs/build.log" 2>&1 && return
  tail -n 40 "$logs/build.log"
  record build 0 1 0 "$SECONDS" "see $logs/build.log"
  summarize
  return 1
}

# All suites but those whose record says how they end.
suites_to_run() {
  local suite passed failed skipped
  while read -r suite; do
    if read -r passed failed skipped < <(passed_before "$suite"); then
      record "$suite" "$passed" "$failed" "$skipped" 0 "not run again: nothing that it sees has changed since it passed"
    else
      echo "$suite"
    fi
  done < <(all_suites)
}

needs_cluster() { [ "$1" = EndToEnd.Tests ] || [ "$1" = Operator.IntegrationTests ]; }

# The suites on a real Kubernetes wait for it most of the time: they run beside the others, which compute.
start_lane() {
  local suite needing=()
  for suite; do
    ! needs_cluster "$suite" || needing+=("$suite")
  done
  [ ${#needing[@]} -gt 0 ] || return 0
  cluster_made=yes
  set -m # a process group of its own, so that it can be ended as a whole
  run_lane "${needing[@]}" &
  lane=$!
  set +m
}

# The cluster comes up, with the trainer's image, while the first suites run.
run_lane() {
  trap - EXIT
  trap 'kill -- "-$suite_job" 2> /dev/null; exit 143' TERM
  suite_job=''
  prepare_cluster "$@" > "$logs/cluster.log" 2>&1 &
  cluster_job=$!
  local suite
  for suite; do
    run_suite "$suite"
  done
}

prepare_cluster() {
  local version
  if [ -n "${KUBECONFIG_E2E:-}" ]; then
    [ -n "${KUBEBUILDER_ASSETS:-}" ] || "$eng/cluster.sh" fetch
    return
  fi
  [ -z "${KUBEBUILDER_ASSETS:-}" ] || touch "$logs/binaries-ready"
  "$eng/cluster.sh" fetch || return
  touch "$logs/binaries-ready"
  [[ " $* " != *" EndToEnd.Tests "* ]] || {
    "$eng/cluster.sh" check || return
    "$eng/cluster.sh" down
    for version in 4 3.17 3.8; do "$eng/helm.sh" $version || return; done
    "$eng/prometheus.sh" && "$eng/cluster.sh" up && "$eng/images.sh" mhc-operator mhc-trainer &&
      "$eng/cluster.sh" load "$("$eng/images.sh" --archive mhc-operator)" "$("$eng/images.sh" --archive mhc-trainer)"
  }
}

main "$@"
