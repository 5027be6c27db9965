#!/bin/bash
# Formats the C# and C++ sources, or with --check says which files are not formatted.
# Style and analyzer rules are errors of the build (Directory.Build.props), so that only white space is left to see to here.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."

mapfile -t native_sources < <(git ls-files --cached --others --exclude-standard 'native/*.cpp' 'native/*.h' 'native/*.cu' 'native/*.cuh')
if [ "${1:-}" = --check ]; then
  failed=0
  dotnet format whitespace . --folder --verify-no-changes --exclude build artifacts || failed=1
  [ ${#native_sources[@]} -eq 0 ] || clang-format --dry-run --Werror "${native_sources[@]}" || failed=1
  exit $failed
fi
dotnet format whitespace . --folder --exclude build artifacts
[ ${#native_sources[@]} -eq 0 ] || clang-format -i "${native_sources[@]}"
