#!/usr/bin/env bash
# A whole training step (forward, backward, clipping, update) with mHC beside the plain residual path, in float32 and bfloat16, at two sizes:
# medians of ROUNDS (21) interleaved steps with THREADS threads (2), and the most memory in use, with recompute in the smallest budget.
# Writes artifacts/bench/step.json. TRAINER (the program) can be set too.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=bench/common.sh
source bench/common.sh
# shellcheck source=bench/results.sh
source bench/results.sh

# result METRIC: value and baseline of a row that the trainer wrote
result() { jq -r --arg metric "$1" '.[] | select(.metric == $metric) | "\(.value) \(.baseline)"' "$folder/step.json"; }

for size in "512 8 1.067" "256 4 1.12"; do
  read -r width heads target <<< "$size"
  for precision in Float32 BFloat16; do
    "$trainer" bench --layers 6 --width "$width" --heads "$heads" --context "$width" --batch-tokens 2048 --threads "${THREADS:-2}" --rounds "${ROUNDS:-21}" \
      --variants standard mhc mhc-least-memory --precision "$precision" --memory --json "$folder/step.json" >&2
    label="6 layers, width $width, context $width, 2048 tokens, $precision"
    read -r mhc standard < <(result "step, mhc")
    row "step, mHC beside Standard: $label" "$mhc" ms "$standard" "$target" "ratio <="
    read -r mhc standard < <(result "peak memory in use, mhc-least-memory")
    row "most memory, mHC with recompute beside Standard: $label" $((mhc >> 20)) MiB $((standard >> 20)) 1.35 "ratio <="
  done
done
write_results step
