#!/bin/bash
# NuGet's packages: what a restore may give, and what is known of it.
#
#   packages.sh restore PROJECT [OPTION...]   get what packages.lock.json beside each project says, and nothing else
#   packages.sh lock                          write these files anew, after a change in Directory.Packages.props or a project
#   packages.sh compare LOCK ASSETS...        whether what was restored without them, for the native compiler, is what LOCK says
#   packages.sh audit [PROJECT]               fail where a package has a known vulnerability; all projects where none is named
#
# AUDIT_SOURCES names the sources that are asked for vulnerabilities; without it, these are the ones that packages come from. Where none of
# them answers, audit says "skipped: " and why.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quiet=(--verbosity quiet --disable-build-servers -consoleLoggerParameters:NoSummary)

main() {
  case ${1:-} in
    restore) restore "${@:2}" ;;
    lock) dotnet restore MhcOperator.sln --force-evaluate -p:RestoreLockedMode=false "${quiet[@]}" ;;
    compare) compare "${@:2}" ;;
    audit) audit "${2:-MhcOperator.sln}" ;;
    *)
      echo "packages.sh: '${1:-}' was given; restore, lock, compare or audit was expected" >&2
      exit 2
      ;;
  esac
}

restore() {
  local status=0
  dotnet restore "$@" "${quiet[@]}" 2>&1 | tee "$work/log" >&2 || status=$?
  if grep -q 'NU1004' "$work/log"; then
    echo "packages.sh: a project asks for other packages than its packages.lock.json has: run make lock, and look at what it changes" >&2
  elif grep -q 'NU1403' "$work/log"; then
    echo "packages.sh: a package is not the one whose hash packages.lock.json has: do not use it before you know why" >&2
  fi
  return $status
}

# The native compiler comes in the version of the SDK, and so is in no lock file; its version and that of .NET are in the bill of materials.
compare() {
  local lock=$1
  jq -r '.dependencies[] | to_entries[] | select(.value.type != "Project") | "\(.key)/\(.value.resolved) \(.value.contentHash)"' "$lock" > "$work/locked"
  jq -r '.libraries | to_entries[] | select(.value.type == "package") | "\(.key) \(.value.sha512)"
    | select(test("^(Microsoft.NET.ILLink.Tasks|(runtime[.][a-z0-9-]+[.])?Microsoft.DotNet.ILCompiler)/") | not)' "${@:2}" | sort -u > "$work/restored"
  if grep -vxFf "$work/locked" "$work/restored" > "$work/others"; then
    echo "packages.sh: what was restored is not what $lock says:" >&2
    cat "$work/others" >&2
    return 1
  fi
}

audit() {
  local status=0 sources source
  read -ra sources <<< "${AUDIT_SOURCES:-$(dotnet nuget list source --format short | sed -n 's/^E[A-Z]* //p' | tr '\n' ' ')}"
  [ ${#sources[@]} -gt 0 ] || {
    skipped "no source of packages is set up"
    return
  }
  {
    # A source for packages may say nothing of vulnerabilities, and nobody hears of that; one that is named as a source for these has to.
    echo '<configuration><packageSources><clear/></packageSources><auditSources><clear/>'
    for source in "${sources[@]//&/&amp;}"; do echo "<add key=\"$source\" value=\"$source\" allowInsecureConnections=\"true\"/>"; done
    echo '</auditSources></configuration>'
  } > "$work/nuget.config"
  timeout 120 dotnet list "$1" package --vulnerable --include-transitive --no-restore --config "$work/nuget.config" --format json > "$work/answer" 2>&1 || status=$?
  if jq -e '.projects' "$work/answer" > "$work/projects" 2> /dev/null; then
    judge ${#sources[@]}
  elif [ $status = 124 ]; then
    skipped "no answer within 120 s of ${sources[*]}"
  elif grep -qi 'service index\|vulnerability' "$work/answer"; then
    skipped "$(sed -n 's/^error: *//p' "$work/answer" | tr '\n' ' ')"
  else
    cat "$work/answer" >&2
    return 1
  fi
}

judge() { # SOURCES
  local silent
  if jq -er '[.problems[]? | select(.level == "error") | .text] | unique | select(. != [])[]' "$work/answer" >&2; then return 1; fi
  if jq -er '[.projects[].frameworks[]? | (.topLevelPackages[]?, .transitivePackages[]?) | "\(.id) \(.resolvedVersion)" as $package | .vulnerabilities[]?
    | "\($package) has a known vulnerability: \(.severity), \(.advisoryurl)"] | unique | select(. != [])[]' "$work/answer"; then
    return 1
  fi
  mapfile -t silent < <(jq -r '[.problems[]?.text] | unique[]' "$work/answer")
  if [ ${#silent[@]} -ge "$1" ]; then
    skipped "${silent[*]}"
  else
    printf '%s\n' "${silent[@]}" "no package of $(jq length "$work/projects") projects has a known vulnerability"
  fi
}

skipped() { echo "skipped: known vulnerabilities of packages: $1"; }

main "$@"
