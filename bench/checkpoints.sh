#!/usr/bin/env bash
# What a checkpoint of a model of about 100 M parameters (1.2 GB with AdamW's state) costs: how long training stands still for it, and how
# fast it is written in the background. ROUNDS (5) checkpoints take turns with as many files of 1 GB that dd writes with fsync into the same folder,
# training going on beside both. Writes artifacts/bench/checkpoints.json.
# LAYERS (14), INTERVAL (steps from one checkpoint to the next, 20), FOLDER (where to write), THREADS (2) and TRAINER (the program) can be set.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-5} layers=${LAYERS:-14} interval=${INTERVAL:-20}
# shellcheck source=bench/common.sh
source bench/common.sh
# shellcheck source=bench/results.sh
source bench/results.sh

cat > "$folder/trainer.json" << JSON
{"job": "checkpoints", "model": {"layers": $layers, "width": 768, "heads": 12, "contextLength": 64, "residual": "Standard"},
 "optimization": {"steps": 100000, "batchTokens": 128, "warmupSteps": 10, "precision": "Float32"},
 "checkpoints": {"intervalSteps": $interval, "keepLatest": 1, "verifyAfterSteps": 3}, "stability": {"response": "Observe"}}
JSON
port=$((20000 + RANDOM % 10000))
export MHC_CONFIG=$folder/trainer.json MHC_CHECKPOINT_DIR=$folder/checkpoints MHC_STATUS_PORT=$port MHC_TERMINATION_MESSAGE_PATH=$folder/end
export MHC_THREADS=${THREADS:-2}

# metric NAME: of the newest metrics
metric() { awk -v name="mhc_train_$1" '$1 == name { print $2 }' "$folder/metrics"; }

wait_for_checkpoint() { # STEP
  until [ "$(metric 'checkpoint_step{state="latest"}')" = "$1" ]; do
    kill -0 "${pids[0]}" 2> /dev/null || { tail -n 5 "$folder/log" >&2; exit 1; }
    sleep 0.1
    curl -sf "http://127.0.0.1:$port/metrics" > "$folder/metrics" || true
  done
}

dd_bandwidth() { # MB/s
  local began=$EPOCHREALTIME
  dd if=/dev/zero of="$folder/dd" bs=16M count=60 conv=fsync 2> /dev/null
  awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print 60 * 16777216 / (b - a) / 1e6 }'
  rm "$folder/dd"
}

touch "$folder/metrics"
"$trainer" train > "$folder/log" 2>&1 &
pids=($!)
for ((round = 0; round <= rounds; round++)); do
  wait_for_checkpoint $(((round + 1) * interval))
  [ "$round" -gt 0 ] || continue # the first one finds no memory of the one before
  metric checkpoint_seconds >> "$folder/stall"
  awk -v b="$(metric checkpoint_bytes)" -v s="$(metric checkpoint_write_seconds)" 'BEGIN { print b / s / 1e6 }' >> "$folder/write"
  metric step_seconds >> "$folder/step"
  dd_bandwidth >> "$folder/dd-rounds"
done
kill -9 "${pids[0]}"
wait "${pids[0]}" 2> /dev/null || true
pids=()
size=$(metric checkpoint_bytes | awk '{ printf "%.2f GB", $1 / 1e9 }')

row "training stands still for a checkpoint of $size, median (beside the time of a step)" "$(median "$folder/stall")" s "$(median "$folder/step")" 0.05 "value <="
row "training stands still for a checkpoint, longest" "$(largest "$folder/stall")" s
row "hashed, written and flushed, median, beside dd with fsync" "$(median "$folder/write")" MB/s "$(median "$folder/dd-rounds")" 0.6 "ratio >="
write_results checkpoints
