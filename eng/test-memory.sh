# shellcheck shell=bash
# Which suites have passed in this clone with all that they can see as it is now: `make test` does not run these again.
# shellcheck disable=SC2154  # CONFIGURATION is set by test.sh
# A suite's record is build/passed/SUITE: the state, then "PASSED FAILED SKIPPED". A fresh clone has none, so it runs everything;
# so does continuous integration, and a suite that is named runs always.

readonly memory=build/passed

# What a suite can see of the repository, as git's patterns: without an entry here, all of it.
seen() {
  local others=()
  mapfile -t others < <(other_suites "$1")
  case $1 in
    native | native-older | native-sanitize) printf '%s\n' native eng/build-native.sh ;;
    native-operator) printf '%s\n' . ':!native' ':!bench' ':!tests' ':!src/Trainer' ':!src/Cli' ':!docs' ;;
    Operator.Tests | Operator.IntegrationTests) printf '%s\n' . ':!native' ':!bench' ':!src/Trainer' ':!src/Cli' "${others[@]}" ;;
    Trainer.Tests) printf '%s\n' . ':!charts' ':!deploy' ':!monitoring' ':!images' ':!src/Operator' ':!src/Cli' "${others[@]}" ;;
    Chart.Tests) printf '%s\n' . ':!native' ':!bench' ':!src/Trainer' "${others[@]}" ;;
    Cli.Tests | Monitoring.Tests | Images.Tests | EndToEnd.Tests) printf '%s\n' . ':!bench' "${others[@]}" ;;
    *) echo . ;;
  esac
}

# The folders of the test projects of which this one takes no file.
other_suites() {
  local project=tests/$1/$1.csproj folder
  [ -e "$project" ] || return 0
  for folder in tests/*.*/; do
    folder=$(basename "$folder")
    [ "$folder" = "$1" ] || grep --quiet --fixed-strings "../$folder/" "$project" || echo ":!tests/$folder"
  done
}

# One line for all that decides how a suite ends: the files that it can see, the machine, its packages, and what was asked for. Fails
# where git does not know the files.
state_of() {
  local patterns
  mapfile -t patterns < <(seen "$1")
  {
    git ls-files -z --cached --others --exclude-standard -- "${patterns[@]}" | xargs -0 sha256sum || return
    grep -m 1 '^flags' /proc/cpuinfo
    uname -r
    dotnet --version
    dpkg-query --show
    env | grep -E '^(MHC_|KUBECONFIG_E2E=|CONFIGURATION=)' | grep -v '^MHC_TEST_SIGNALS=' | sort
  } 2> /dev/null | sha256sum
}

# passed_before SUITE: says the figures of its record, or fails where it is to be run. A source of packages is asked each time.
passed_before() {
  local state
  [ "$1" != packages ] && [ -e "$memory/$1" ] && state=$(state_of "$1") && [ "$(head -n 1 "$memory/$1")" = "$state" ] &&
    tail -n 1 "$memory/$1"
}

# remember SUITE STATE FIGURES: nothing is kept of a suite that failed or ran no test, or beside which a file was changed.
remember() {
  local state
  mkdir -p "$memory"
  rm -f "$memory/$1"
  [[ $3 =~ ^[1-9][0-9]*\ 0\  ]] && state=$(state_of "$1") && [ "$state" = "$2" ] || return 0
  printf '%s\n' "$2" "$3" > "$memory/$1"
}
