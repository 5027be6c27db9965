#!/usr/bin/env bash
# Runs the benchmarks, one after the other, and puts the tables of those that ran through into docs/benchmarks.md. BENCHES (all: the other programs
# of this folder) names some. Exits 1 where one failed; a target that is missed is no failure.
set -euo pipefail
cd "$(dirname "$0")/.."

read -r -a benches <<< "${BENCHES:-$(find bench -name '*.sh' -executable ! -name all.sh -printf '%f\n' | sed 's/\.sh$//' | sort | xargs)}"
failed=()
for bench in "${benches[@]}"; do
  echo "bench $bench"
  if make --no-print-directory "bench-$bench"; then bench/render.py "$bench"; else failed+=("$bench"); fi
done
[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
