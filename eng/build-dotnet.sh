#!/bin/bash
# Builds a solution with a compiler process of its own, which stays warm from project to project (two thirds of the time)
# and ends with this script: one that outlived it would hold the output open, and continuous integration would wait.
#
#   build-dotnet.sh SOLUTION
set -euo pipefail
compiler=mhc-build-$$
TMPDIR=$(mktemp -d) # the compiler leaves sockets and folders behind
export TMPDIR
trap 'pkill -f -- "-pipename:$compiler" || true; rm -rf "$TMPDIR"' EXIT
eng/packages.sh restore "$1"
dotnet build "$1" --no-restore --configuration "${CONFIGURATION:-Release}" --nologo --verbosity quiet -consoleLoggerParameters:NoSummary \
  -nodeReuse:false -p:UseSharedCompilation=true -p:SharedCompilationId="$compiler"
