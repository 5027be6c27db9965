#!/bin/bash
# Compiles the operator to native code (Native AOT): one program that needs no .NET, starts at once and holds less memory.
# Prints its path, artifacts/operator/mhc-operator; beside it, mhc-operator.assets.json lists the packages that are in it.
# What was compiled once is kept in the cache under the hash of its sources.
#
#   publish-operator.sh            compile it, or take it from the cache (2 to 4 minutes on 2 cores the first time)
#   publish-operator.sh --check    then start it, and print its size, its start-up and its memory
#
# MHC_PUBLISH_CACHE names another cache, CONFIGURATION (Release) what is built.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."
cache=${MHC_PUBLISH_CACHE:-$HOME/.cache/mhc-operator/published}
program=$PWD/artifacts/operator/mhc-operator
sources=(src/Api src/CommandLine src/Operator)

main() {
  local kept
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  kept=$cache/mhc-operator-$(hash_of_sources)
  mkdir -p "$cache" "$(dirname "$program")"
  ( # one at a time, for others may want the same
    flock 8
    { [ -x "$kept" ] && [ -e "$kept.assets.json" ]; } || compile "$kept" 8>&-
  ) 8> "$cache/lock"
  ln -sfn "$kept" "$program"
  ln -sfn "$kept.assets.json" "$program.assets.json"
  if [ "${1:-}" = --check ]; then check; else echo "$program"; fi
}

hash_of_sources() {
  { dotnet --version; find "${sources[@]}" crds/cel VERSION Directory.*.props \( -name bin -o -name obj \) -prune -o -type f -print0 | sort -z | xargs -0 openssl dgst -sha256 -r; } | sha256sum | cut -c1-16
}

compile() {
  eng/setup.sh zlib1g-dev
  echo "compiling the operator to native code" >&2
  # In a copy: what the compiler leaves beside the sources must not meet that of the ordinary build.
  cp -r --parents "${sources[@]}" crds VERSION Directory.*.props global.json .editorconfig "$work"
  find "$work/src" -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
  find "$work/src" -name packages.lock.json -delete # which know nothing of the native compiler
  local native=(-p:PublishAot=true -p:SelfContained=true)
  eng/packages.sh restore "$work/src/Operator/MhcOperator.Operator.csproj" "${native[@]}" -p:RestorePackagesWithLockFile=false -p:RestoreLockedMode=false
  eng/packages.sh compare src/Operator/packages.lock.json "$work"/src/*/obj/project.assets.json
  (cd "$work" && dotnet publish src/Operator/MhcOperator.Operator.csproj --configuration "${CONFIGURATION:-Release}" --nologo --verbosity quiet -nodeReuse:false \
    --no-restore "${native[@]}" -p:RestorePackagesWithLockFile=false -p:RunAnalyzers=false --output "$work/out") >&2
  find "$cache" -name 'mhc-operator-*' -mtime +7 -delete
  mv "$work/src/Operator/obj/project.assets.json" "$1.assets.json"
  mv "$work/out/mhc-operator" "$1.partial.$$"
  mv "$1.partial.$$" "$1"
}

# It starts, answers, and looks for its server, of which there is none.
check() {
  local process began ready
  cat > "$work/kubeconfig" << EOF
apiVersion: v1
kind: Config
current-context: none
clusters: [{name: none, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
users: [{name: none, user: {token: none}}]
EOF
  began=$(date +%s%3N)
  "$program" --kubeconfig "$work/kubeconfig" --no-leader-election --bind-address 127.0.0.1 --metrics-port 0 > "$work/log" 2>&1 &
  process=$!
  until grep -q "waiting for http://127.0.0.1:9" "$work/log"; do
    if ! kill -0 $process 2> /dev/null || [ $(($(date +%s%3N) - began)) -gt 20000 ]; then
      cat "$work/log" >&2
      kill -9 $process 2> /dev/null || true
      exit 1
    fi
    sleep 0.01
  done
  ready=$(($(date +%s%3N) - began))
  curl -sf "$(sed -nE 's/.*metrics and health at (.*)/\1/p' "$work/log")/healthz" > /dev/null
  printf 'natively compiled operator: %d MiB on disk, looks for its server %d ms after its start, %d MiB resident then\n' \
    $(($(stat -Lc %s "$program") >> 20)) "$ready" "$(awk '/^VmRSS/ { print int($2 / 1024) }' /proc/$process/status)"
  kill $process
  wait $process
}

main "$@"
