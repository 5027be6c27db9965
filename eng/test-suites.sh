# shellcheck shell=bash
# The suites of test.sh: which there are, how each runs, and what its report says.
# shellcheck disable=SC2154,SC2034  # eng, logs and cluster_job are set by test.sh, which uses suite_job
# Results are lines "SUITE PASSED FAILED SKIPPED SECONDS NOTE" in $logs/results.

all_suites() {
  printf '%s\n' format shell packages native native-older native-sanitize
  local project
  for project in Api Operator Cli Chart Monitoring Trainer; do echo "$project.Tests"; done
  printf '%s\n' native-operator Images.Tests Operator.IntegrationTests EndToEnd.Tests
}

# A suite that says nothing for so many seconds hangs: no single test takes a fifth of that on two slow cores that others use too.
readonly longest_silence=900

run_suite() {
  forget "$1"
  run_suite_now "$1"
  remember "$1" "$(sed -n "s/^$1 \([0-9]* [0-9]* [0-9]*\) .*/\1/p" "$logs/results")"
}

run_suite_now() {
  local suite=$1 started=$SECONDS
  echo "running $suite"
  case $suite in
    format) run_check "$suite" "$eng/format.sh" --check ;;
    shell) run_check "$suite" shellcheck -x -P . .ci/run eng/*.sh bench/*.sh eng/cluster/build-kubernetes.sh ;;
    native) run_native_tests "$suite" "$started" ;;
    native-older) run_native_tests "$suite" "$started" --older ;;
    packages) run_check "$suite" "$eng/packages.sh" audit ;;
    native-operator) run_check "$suite" "$eng/publish-operator.sh" --check ;;
    native-sanitize) run_native_tests "$suite" "$started" --sanitize ;;
    Operator.Tests | Trainer.Tests)
      "$eng/prometheus.sh" > "$logs/prometheus.log" 2>&1 || cat "$logs/prometheus.log" # without promtool a test is skipped
      run_test_project "$suite" "$started"
      ;;
    Images.Tests)
      if limited "$suite" "$eng/images.sh"; then
        run_test_project "$suite" "$started"
      else
        conclude "$suite" 1 0 0 0 "$started"
      fi
      ;;
    Operator.IntegrationTests)
      wait_for_cluster binaries
      run_test_project "$suite" "$started"
      ;;
    EndToEnd.Tests)
      wait_for_cluster all
      run_end_to_end_tests "$suite" "$started"
      ;;
    *) run_test_project "$suite" "$started" ;;
  esac
}

# limited SUITE COMMAND...: runs it with the suite's log, and ends it when that has not grown for too long. How long the whole may take
# is not limited: that depends on the machine, and on what else it does.
limited() {
  local log=$logs/$1.log job looks=0
  shift
  set -m # a process group of its own; without it, SIGINT and SIGQUIT would be ignored in there
  "$@" > "$log" 2>&1 &
  job=$!
  set +m
  suite_job=$job
  pause 0.1 # some suites end at once
  while kill -0 "$job" 2> /dev/null; do
    pause 1
    [ $((++looks % 30)) = 0 ] || continue
    [ $(($(date +%s) - $(stat --format %Y "$log"))) -gt "$longest_silence" ] || continue
    kill -- "-$job"
    sleep 10
    kill -9 -- "-$job" 2> /dev/null
    wait "$job"
    return 124
  done
  wait "$job"
}

# pause SECONDS, without starting a process: on two cores that are busy, those of two lanes take 4 % of the whole run.
pause() { read -rt "$1" -u "$never" || :; }
exec {never}<> <(:)

# A check is one test. It says in one line what of it was not checked, or that all of it was skipped.
run_check() {
  local suite=$1 started=$SECONDS note
  shift
  if limited "$suite" "$@"; then
    note=$(grep -E '^(not checked|skipped): ' "$logs/$suite.log" | tail -n 1)
    if [[ $note = skipped:* ]]; then record "$suite" 0 0 1 $((SECONDS - started)) "$note"; else record "$suite" 1 0 0 $((SECONDS - started)) "$note"; fi
  else
    show_end_of_log "$suite"
    record "$suite" 0 1 0 $((SECONDS - started)) ""
  fi
}

# Built and run by the native build's own script, which ends with "native: N passed, N failed".
run_native_tests() {
  local suite=$1 started=$2 status=0 passed failed
  shift 2
  limited "$suite" "$eng/build-native.sh" --test "$@" || status=$?
  read -r passed failed < <(sed -nE 's/^native: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$logs/$suite.log" | tail -n 1)
  conclude "$suite" $status "${passed:-0}" "${failed:-0}" 0 "$started"
}

# run_test_project SUITE STARTED [COMMAND...]: the command goes before the test program.
run_test_project() {
  local suite=$1 started=$2 status=0 report=$logs/$1.json
  local program=tests/$suite/bin/$CONFIGURATION/net10.0/linux-x64/$suite
  shift 2
  limited "$suite" "$@" "$PWD/$program" --no-progress --no-ansi --output Detailed --auto-reporters off \
    --results-directory "$logs" --report-ctrf --report-ctrf-filename "$suite.json" || status=$?
  local passed failed skipped
  read -r passed failed skipped < <(
    jq -r '.results.summary | "\(.passed) \(.failed + (.other // 0)) \(.skipped + (.pending // 0))"' "$report" 2> /dev/null || echo 0 0 0
  )
  conclude "$suite" $status "$passed" "$failed" "$skipped" "$started"
}

# A crash, a time-out or a run without tests is a failure, whatever the report says.
conclude() { # SUITE STATUS PASSED FAILED SKIPPED STARTED
  local suite=$1 status=$2 passed=$3 failed=$4 skipped=$5 seconds=$((SECONDS - $6)) note=''
  if [ "$status" = 124 ] || [ "$status" = 137 ]; then
    note="ended: nothing new for $longest_silence s"
  elif [ $((passed + failed + skipped)) = 0 ]; then
    note="ran no test (exit code $status)"
  elif [ "$status" != 0 ] && [ "$failed" = 0 ]; then
    note="exit code $status"
  fi
  [ -z "$note" ] || failed=$((failed + 1))
  [ "$failed" = 0 ] || show_end_of_log "$suite"
  record "$suite" "$passed" "$failed" "$skipped" "$seconds" "$note"
}

# wait_for_cluster binaries|all: until the background job has got that far, or has ended.
wait_for_cluster() {
  while kill -0 "$cluster_job" 2> /dev/null; do
    [ "$1" != binaries ] || [ ! -e "$logs/binaries-ready" ] || return
    pause 1
  done
}

# In the cluster's network, or against an existing cluster, or (where there can be none) skipping with the reason.
run_end_to_end_tests() {
  local lacking
  if [ -n "${KUBECONFIG_E2E:-}" ]; then
    run_test_project "$1" "$2"
  elif ! lacking=$("$eng/cluster.sh" check); then
    MHC_E2E_SKIP=$lacking run_test_project "$1" "$2"
  elif wait "$cluster_job"; then
    KUBECONFIG_E2E=$K8S_RUN/admin.conf run_test_project "$1" "$2" "$eng/cluster.sh" exec
  else
    cp "$logs/cluster.log" "$logs/$1.log"
    conclude "$1" 1 0 0 0 "$2"
  fi
}

show_end_of_log() {
  echo "--- $1 failed; the end of $logs/$1.log:"
  tail -n 40 "$logs/$1.log"
  echo "---"
}

# After the table, so that whoever sees only the end of the output knows which tests failed.
show_failed_tests() {
  local report
  for report in "$logs"/*.json; do
    [ ! -e "$report" ] || jq -r --arg suite "$(basename "$report" .json)" '.results.tests[] | select(.status != "passed" and .status != "skipped" and .status != "pending")
      | "\($suite): \(.name)\n    \((.message // "no message") | split("\n")[:6] | join("\n    ") | .[:600])"' "$report" 2> /dev/null
  done
  grep --with-filename --only-matching --max-count=5 --extended-regexp '^.*(\*\*\*Failed|FAILED|^FAIL).*$' "$logs"/native*.log 2> /dev/null | sed "s|^$logs/||; s|\.log:|: |"
}

record() { echo "$1 $2 $3 $4 $5 ${6:-}" >> "$logs/results"; }

summarize() {
  local suite passed failed skipped seconds note all_passed=0 all_failed=0 all_skipped=0 summary
  printf '\n%-28s %7s %7s %8s %8s\n' suite passed failed skipped seconds
  while read -r suite passed failed skipped seconds note; do
    printf '%-28s %7d %7d %8d %8d  %s\n' "$suite" "$passed" "$failed" "$skipped" "$seconds" "$note"
    all_passed=$((all_passed + passed))
    all_failed=$((all_failed + failed))
    all_skipped=$((all_skipped + skipped))
  done < "$logs/results"
  show_failed_tests
  printf '%d s in all\n' "$SECONDS"
  summary="$all_passed passed, $all_failed failed"
  [ "$all_skipped" = 0 ] || summary+=", $all_skipped skipped"
  echo "$summary" | tee "$logs/summary.txt"
  [ "$all_failed" = 0 ] && [ "$all_passed" -gt 0 ]
}
