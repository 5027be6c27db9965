#!/usr/bin/env bash
# A whole training step (forward, backward, clipping, update) with mHC beside the plain residual path, in float32 and bfloat16, at two sizes,
# with THREADS threads (2): the ratio of medians of ROUNDS (7) interleaved steps in PROCESSES (5) processes, one after the other, and of these
# the middle one, since a process keeps its place in memory, which may be a slow one. And the most memory in use, with recompute in the smallest
# budget. Writes artifacts/bench/step.json. TRAINER (the program) can be set too.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=bench/common.sh
source bench/common.sh
# shellcheck source=bench/results.sh
source bench/results.sh
processes=${PROCESSES:-5}

# bench ARGUMENT...: of the model at hand; its results are in $folder/step.json
bench() {
  "$trainer" bench --layers 6 --width "$width" --heads "$heads" --context "$width" --batch-tokens 2048 --threads "${THREADS:-2}" \
    --precision "$precision" --json "$folder/step.json" "$@" >&2
}

# result METRIC: value and baseline of a row that the trainer wrote, and their ratio
result() { jq -r --arg metric "$1" '.[] | select(.metric == $metric) | "\(.value) \(.baseline) \(.ratio)"' "$folder/step.json"; }

for size in "512 8 1.067" "256 4 1.12"; do
  read -r width heads target <<< "$size"
  for precision in Float32 BFloat16; do
    label="6 layers, width $width, context $width, 2048 tokens, $precision"
    : > "$folder/processes"
    for _ in $(seq "$processes"); do
      bench --rounds "${ROUNDS:-7}" --variants standard mhc
      result "step, mhc" >> "$folder/processes"
    done
    read -r mhc standard _ < <(sort -n -k 3 "$folder/processes" | sed -n "$(((processes + 1) / 2))p")
    row "step, mHC beside Standard: $label" "$mhc" ms "$standard" "$target" "ratio <="
    bench --rounds 5 --variants standard mhc-least-memory --memory
    read -r mhc standard _ < <(result "peak memory in use, mhc-least-memory")
    row "most memory, mHC with recompute beside Standard: $label" $((mhc >> 20)) MiB $((standard >> 20)) 1.35 "ratio <="
  done
done
write_results step
