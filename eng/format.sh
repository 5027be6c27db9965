#!/bin/bash
# Formats the C# and C++ sources, or with --check says which files are not formatted.
# Style and analyzer rules are errors of the build (Directory.Build.props), so that only white space is left to see to here.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."

# Another version breaks lines in other places, so the C++ sources are left to the one that they were formatted with.
readonly clang_format_version=14
cpp_formatter=$(command -v "clang-format-$clang_format_version" || command -v clang-format || true)
if ! "${cpp_formatter:-false}" --version 2> /dev/null | grep -q "version $clang_format_version\."; then
  echo "not checked: the C++ sources, which need clang-format $clang_format_version"
  cpp_formatter=''
fi
mapfile -t native_sources < <(git ls-files --cached --others --exclude-standard \
  'native/*.c' 'native/*.cpp' 'native/*.h' 'native/*.cu' 'native/*.cuh')
if [ "${1:-}" = --check ]; then
  failed=0
  dotnet format whitespace . --folder --verify-no-changes --exclude build artifacts || failed=1
  [ -z "$cpp_formatter" ] || "$cpp_formatter" --dry-run --Werror "${native_sources[@]}" || failed=1
  exit $failed
fi
dotnet format whitespace . --folder --exclude build artifacts
[ -z "$cpp_formatter" ] || "$cpp_formatter" -i "${native_sources[@]}"
