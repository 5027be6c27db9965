#!/usr/bin/env bash
# What the wire formats cost and save: trains one small model for STEPS updates (1000) with RANKS ranks (2) once for each setting of
# spec.parallelism, and compares bytes sent by rank 0, loss (mean of the last 50 updates) and time with the setting None, Float32 and the
# bytes with an all-reduce in bfloat16, which is None, BFloat16. Writes artifacts/bench/collectives.json and prints a table.
# SETTINGS ("None:Float32 Optimizer:Int4") and TRAINER (the program) can be set too.
set -euo pipefail
cd "$(dirname "$0")/.."

steps=${STEPS:-1000} ranks=${RANKS:-2}
settings=${SETTINGS:-None:Float32 Optimizer:Float32 None:BFloat16 Optimizer:BFloat16 Optimizer:Int8 Optimizer:Int4}
# shellcheck source=bench/common.sh
source bench/common.sh
export MHC_THREADS=1 OMP_NUM_THREADS=1 MASTER_ADDR=127.0.0.1 WORLD_SIZE=$ranks

# run SHARDING COMMUNICATION: prints loss, bytes a step and seconds
run() {
  local name=$1-$2 began rank pid
  cat > "$folder/$name.json" << EOF
{"job": "collectives", "model": {"layers": 2, "width": 64, "heads": 4, "contextLength": 32},
 "optimization": {"steps": $steps, "batchTokens": 512, "peakLearningRate": 0.003, "warmupSteps": 20, "precision": "Float32"},
 "checkpoints": {"intervalSteps": 250}, "parallelism": {"sharding": "$1", "communication": "$2", "timeoutSeconds": 60}}
EOF
  export MHC_CONFIG=$folder/$name.json MHC_CHECKPOINT_DIR=$folder/$name MASTER_PORT=$((20000 + RANDOM % 10000))
  began=$(date +%s.%N)
  pids=()
  for ((rank = 0; rank < ranks; rank++)); do
    RANK=$rank MHC_TERMINATION_MESSAGE_PATH=$folder/$name.$rank.end "$trainer" train --step-log "$folder/$name.steps" > "$folder/$name.$rank.log" 2>&1 &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || { tail -n 5 "$folder/$name".*.log >&2; exit 1; }
  done
  pids=()
  jq -rs --argjson began "$began" --argjson now "$(date +%s.%N)" --argjson steps "$steps" --slurpfile last "$folder/$name.0.end" \
    '"\(map(.loss)[-50:] | add / length) \(($last[0].bytesSent // 0) / $steps | floor) \($now - $began)"' "$folder/$name.steps"
}

for setting in $settings; do
  read -r loss bytes seconds < <(run "${setting%:*}" "${setting#*:}")
  echo "$setting $loss $bytes $seconds" >> "$folder/results"
  echo "$setting: loss $loss, $bytes bytes a step, $seconds s" >&2
done

mkdir -p artifacts/bench
awk -v ranks="$ranks" -v steps="$steps" '
  { setting[NR] = $1; loss[NR] = $2; bytes[NR] = $3; seconds[NR] = $4 }
  $1 == "None:BFloat16" { reference = $3 }
  END {
    print "["
    for (i = 1; i <= NR; i++) {
      change = loss[i] / loss[1] - 1
      saved = reference > 0 ? 1 - bytes[i] / reference : 0
      printf " {\"metric\": \"loss after %d steps, %s, %d ranks\", \"value\": %.5f, \"unit\": \"nats\", \"baseline\": %.5f, \"ratio\": %.5f, \"target\": 1.005, \"met\": %s},\n", steps, setting[i], ranks, loss[i], loss[1], loss[i] / loss[1], (loss[i] / loss[1] <= 1.005 ? "true" : "false")
      printf " {\"metric\": \"bytes sent a step by a rank, %s\", \"value\": %d, \"unit\": \"B\", \"baseline\": %d, \"ratio\": %.4f, \"target\": 0.42, \"met\": %s},\n", setting[i], bytes[i], reference, 1 - saved, (saved >= 0.58 ? "true" : "false")
      printf " {\"metric\": \"time, %s\", \"value\": %.1f, \"unit\": \"s\", \"baseline\": %.1f, \"ratio\": %.3f, \"target\": null, \"met\": null}%s\n", setting[i], seconds[i], seconds[1], seconds[i] / seconds[1], (i < NR ? "," : "")
      table = table sprintf("%-20s %10.4f %+8.2f %% %12d %+8.1f %% %8.1f\n", setting[i], loss[i], 100 * change, bytes[i], -100 * saved, seconds[i])
    }
    print "]"
    printf "%-20s %10s %10s %12s %10s %8s\n%s", "setting", "loss", "change", "bytes/step", "bytes", "seconds", table > "/dev/stderr"
  }' "$folder/results" > artifacts/bench/collectives.json
