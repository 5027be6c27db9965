#!/usr/bin/env bash
# What the wire formats cost and save: trains one small model for STEPS updates (1000) with RANKS ranks (2) once for each setting of
# spec.parallelism, and compares bytes sent by rank 0, loss (mean of the last 50 updates) and time with the setting None, Float32 and the
# bytes with an all-reduce in bfloat16, which is None, BFloat16. Then it times the collectives and the coding themselves, for docs/scaling.md.
# Writes artifacts/bench/collectives.json.
# SETTINGS ("None:Float32 None:BFloat16 Optimizer:Int4", those two first) and TRAINER (the program) can be set too.
set -euo pipefail
cd "$(dirname "$0")/.."

steps=${STEPS:-1000} ranks=${RANKS:-2}
settings=${SETTINGS:-None:Float32 None:BFloat16 Optimizer:Float32 Optimizer:BFloat16 Optimizer:Int8 Optimizer:Int4}
# shellcheck source=bench/common.sh
source bench/common.sh
# shellcheck source=bench/results.sh
source bench/results.sh
export MHC_THREADS=1 OMP_NUM_THREADS=1 MASTER_ADDR=127.0.0.1 WORLD_SIZE=$ranks

# run SHARDING COMMUNICATION: prints loss, bytes a step and seconds
run() {
  local name=$1-$2 began rank pid
  cat > "$folder/$name.json" << JSON
{"job": "collectives", "model": {"layers": 2, "width": 64, "heads": 4, "contextLength": 32},
 "optimization": {"steps": $steps, "batchTokens": 512, "peakLearningRate": 0.003, "warmupSteps": 20, "precision": "Float32"},
 "checkpoints": {"intervalSteps": 250}, "parallelism": {"sharding": "$1", "communication": "$2", "timeoutSeconds": 60}}
JSON
  export MHC_CONFIG=$folder/$name.json MHC_CHECKPOINT_DIR=$folder/$name MASTER_PORT=$((20000 + RANDOM % 10000))
  began=$EPOCHREALTIME
  pids=()
  for ((rank = 0; rank < ranks; rank++)); do
    RANK=$rank MHC_TERMINATION_MESSAGE_PATH=$folder/$name.$rank.end "$trainer" train --step-log "$folder/$name.steps" > "$folder/$name.$rank.log" 2>&1 &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || { tail -n 5 "$folder/$name".*.log >&2; exit 1; }
  done
  pids=()
  jq -rs --argjson began "$began" --argjson now "$EPOCHREALTIME" --argjson steps "$steps" --slurpfile last "$folder/$name.0.end" \
    '"\(map(.loss)[-50:] | add / length) \(($last[0].bytesSent // 0) / $steps | floor) \($now - $began)"' "$folder/$name.steps"
}

exact='' reference='' strongest='' least=''
for setting in $settings; do
  read -r loss bytes seconds < <(run "${setting%:*}" "${setting#*:}")
  label="${setting%:*}, ${setting#*:}"
  exact=${exact:-$loss} plain=${plain:-$seconds}
  [ "$setting" != None:BFloat16 ] || reference=$bytes
  row "loss after $steps steps, $ranks ranks: $label" "$loss" nats "$exact" 1.005 "ratio <="
  row "sent a step by a rank: $label" "$bytes" B "$reference"
  row "time of the run: $label" "$(printf %.1f "$seconds")" s "$plain"
  if awk -v l="$loss" -v e="$exact" 'BEGIN { exit !(l <= 1.005 * e) }' && { [ -z "$least" ] || [ "$bytes" -lt "$least" ]; }; then
    strongest=$label least=$bytes
  fi
done
[ -z "$reference" ] || row "least sent with a loss within 0.5 % of Float32: $strongest" "$least" B "$reference" 0.42 "ratio <="

eng/build-native.sh --bench
while IFS='|' read -r what value unit; do row "$what" "$value" "$unit"; done < <(build/native/bench_collectives)
sha256=$(openssl speed -evp sha256 -bytes 16777216 -seconds 1 2> /dev/null | awk 'END { sub(/k$/, "", $2); print $2 / 1e6 }')
row "SHA-256" "$sha256" GB/s
write_results collectives
