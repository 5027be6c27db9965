#!/usr/bin/env bash
# What a checkpoint of a model of about 100 M parameters (1.2 GB with AdamW's state) costs: how long training stands still for it, and how
# fast it is written in the background, against dd with fsync into the same folder, before and after. Writes
# artifacts/bench/checkpoints.json. LAYERS (14), FOLDER (where to write) and TRAINER (the program) can be set.
set -euo pipefail
cd "$(dirname "$0")/.."

layers=${LAYERS:-14}
# shellcheck source=bench/common.sh
source bench/common.sh

cat > "$folder/trainer.json" << EOF
{"job": "checkpoints", "model": {"layers": $layers, "width": 768, "heads": 12, "contextLength": 64, "residual": "Standard"},
 "optimization": {"steps": 1000, "batchTokens": 128, "warmupSteps": 10, "precision": "Float32"},
 "checkpoints": {"intervalSteps": 3, "keepLatest": 1, "verifyAfterSteps": 3}, "stability": {"response": "Observe"}}
EOF
port=$((20000 + RANDOM % 10000))
export MHC_CONFIG=$folder/trainer.json MHC_CHECKPOINT_DIR=$folder/checkpoints MHC_STATUS_PORT=$port MHC_TERMINATION_MESSAGE_PATH=$folder/end

# dd_speed BYTES: bytes a second
dd_speed() {
  local began
  began=$(date +%s.%N)
  dd if=/dev/zero of="$folder/dd" bs=16M count=$(($1 / 16777216)) conv=fsync 2> /dev/null
  echo "$1 $began $(date +%s.%N)" | awk '{print $1 / ($3 - $2)}'
  rm "$folder/dd"
}

metric() { curl -sf "http://127.0.0.1:$port/metrics" | awk -v name="mhc_train_$1" '$1 == name {print $2}'; }

before=$(dd_speed 1000000000)
"$trainer" train > "$folder/log" 2>&1 &
pid=$!
pids=("$pid")
written=
while [ -z "$written" ]; do
  kill -0 $pid 2> /dev/null || { tail -n 5 "$folder/log" >&2; exit 1; }
  sleep 0.2
  written=$(metric checkpoint_write_seconds || true)
done
stall=$(metric checkpoint_seconds) bytes=$(metric checkpoint_bytes) step=$(metric step_seconds)
kill -9 $pid
wait $pid 2> /dev/null || true
after=$(dd_speed 1000000000)

mkdir -p artifacts/bench
echo "$before $after $stall $bytes $written $step" | awk '{
  dd = ($1 + $2) / 2
  speed = $4 / $5
  printf "[{\"metric\": \"stall for a checkpoint of %.2f GB\", \"value\": %.4f, \"unit\": \"s\", \"baseline\": %.3f, \"ratio\": %.4f, \"target\": 0.05, \"met\": %s},\n", $4 / 1e9, $3, $6, $3 / $6, ($3 <= 0.05 ? "true" : "false")
  printf " {\"metric\": \"write bandwidth against dd with fsync\", \"value\": %.1f, \"unit\": \"MB/s\", \"baseline\": %.1f, \"ratio\": %.3f, \"target\": 0.6, \"met\": %s}]\n", speed / 1e6, dd / 1e6, speed / dd, (speed >= 0.6 * dd ? "true" : "false")
}' | tee artifacts/bench/checkpoints.json
