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
    native | native-older | native-sanitize) printf '%s\n' native VERSION eng/build-native.sh ;;
    native-operator) printf '%s\n' . ':!native' ':!bench' ':!tests' ':!src/Trainer' ':!src/Cli' ':!docs' ;;
    Operator.Tests | Operator.IntegrationTests) printf '%s\n' . ':!native' ':!bench' ':!src/Trainer' ':!src/Cli' "${others[@]}" ;;
    Trainer.Tests) printf '%s\n' . ':!charts' ':!deploy' ':!monitoring' ':!images' ':!src/Operator' ':!src/Cli' "${others[@]}" ;;
    Chart.Tests) printf '%s\n' . ':!native' ':!bench' ':!src/Trainer' "${others[@]}" ;;
    EndToEnd.Tests) printf '%s\n' . ':!bench' ':!docs' "${others[@]}" ;;
    Cli.Tests | Monitoring.Tests | Images.Tests) printf '%s\n' . ':!bench' "${others[@]}" ;;
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

# One line for all that decides how a suite ends: the files that it can see, and $machine. Fails where git does not know the files.
state_of() {
  local patterns
  mapfile -t patterns < <(seen "$1")
  {
    git ls-files -z --cached --others --exclude-standard -- "${patterns[@]}" | xargs -0 stat --format '%a %n' || return
    git ls-files -z --cached --others --exclude-standard -- "${patterns[@]}" | xargs -0 sha256sum || return
    echo "$machine"
  } 2> /dev/null | sha256sum
}

# The processor, the kernel, the packages, who asks, and what was asked for.
state_of_machine() {
  {
    grep -m 1 '^flags' /proc/cpuinfo
    uname -r
    id -u
    dotnet --version
    dpkg-query --show
    env | grep -E '^(MHC_|KUBEBUILDER_ASSETS=|K8S_CACHE=|CONFIGURATION=)' | grep -v '^MHC_TEST_SIGNALS=' | sort
  } 2> /dev/null | sha256sum
}

machine=''
declare -A states=() # of each suite before the build: what is changed later has not been built

note_states() { # SUITE...
  local suite
  machine=$(state_of_machine)
  for suite; do
    states[$suite]=$(state_of "$suite") || states[$suite]=''
  done
}

# Not of a suite whose result hangs on what no state shows: a source of packages that is asked, a cluster of one's own.
is_remembered() {
  [ -n "${states[$1]:-}" ] && [ "$1" != packages ] && { [ -z "${KUBECONFIG_E2E:-}" ] || ! needs_cluster "$1"; }
}

# passed_before SUITE: says the figures of its record, or nothing where it is to be run.
passed_before() {
  ! is_remembered "$1" || [ ! -e "$memory/$1" ] || [ "$(head -n 1 "$memory/$1")" != "${states[$1]}" ] || tail -n 1 "$memory/$1"
}

forget() { rm -f "$memory/$1"; }

# remember SUITE FIGURES: nothing is kept of a suite that failed, skipped something or ran no test, or beside which a file was changed.
remember() {
  [[ $2 =~ ^[1-9][0-9]*\ 0\ 0$ ]] && is_remembered "$1" && [ "$(state_of "$1")" = "${states[$1]}" ] || return 0
  mkdir -p "$memory"
  printf '%s\n' "${states[$1]}" "$2" > "$memory/$1"
}
