#!/usr/bin/env bash
# Kills one rank of a gang with SIGKILL at a random moment, ROUNDS times (100). In each round the others must end with 75 within
# LIMIT seconds (10), every checkpoint that has its name must be whole (its files have the hashes of its manifest), and the next
# attempt must go on from one. Writes artifacts/bench/kill-rounds.json and exits 1 where a round did not end so.
# ROUNDS, RANKS, SEED, LIMIT and TRAINER (the program) can be set.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-100} ranks=${RANKS:-2} seed=${SEED:-20261123} limit=${LIMIT:-10}
# shellcheck source=bench/common.sh
source bench/common.sh
RANDOM=$((seed % 32768))

cat > "$folder/trainer.json" << EOF
{"job": "kill-rounds", "model": {"layers": 2, "width": 32, "heads": 2, "contextLength": 32},
 "optimization": {"steps": 1000000, "batchTokens": 512, "peakLearningRate": 0.001, "warmupSteps": 10, "precision": "Float32"},
 "checkpoints": {"intervalSteps": 3, "verifyAfterSteps": 5}, "parallelism": {"sharding": "Optimizer", "timeoutSeconds": 60}}
EOF
export MHC_CONFIG=$folder/trainer.json MHC_CHECKPOINT_DIR=$folder/checkpoints MHC_THREADS=1 OMP_NUM_THREADS=1
export MASTER_ADDR=127.0.0.1 WORLD_SIZE=$ranks
hangs=0 corrupted=0 wrong=0 slowest=0

updates() { if [ -e "$folder/data" ]; then wc -l < "$folder/data"; else echo 0; fi; }
milliseconds() { date +%s%3N; }

whole() { # CHECKPOINT
  jq -r '.shards[] | "\(.sha256)  \(.file)"' "$1/manifest.json" > "$folder/sums" && (cd "$1" && sha256sum --quiet -c "$folder/sums") > /dev/null 2>&1
}

for ((round = 1; round <= rounds; round++)); do
  export MHC_ATTEMPT=$round MASTER_PORT=$((20000 + RANDOM % 10000))
  before=$(updates) pids=()
  for ((rank = 0; rank < ranks; rank++)); do
    RANK=$rank MHC_TERMINATION_MESSAGE_PATH=$folder/end-$rank "$trainer" train --data-log "$folder/data" > "$folder/log-$rank" 2>&1 &
    pids+=($!)
  done
  moment=$((before + 1 + RANDOM % 12))
  while [ "$(updates)" -lt "$moment" ] && kill -0 "${pids[0]}" 2> /dev/null; do sleep 0.01; done
  sleep "0.0$((RANDOM % 10))"
  victim=$((RANDOM % ranks)) killed=$(milliseconds)
  kill -9 "${pids[$victim]}"
  for ((rank = 0; rank < ranks; rank++)); do
    while kill -0 "${pids[$rank]}" 2> /dev/null && [ $(($(milliseconds) - killed)) -lt $((limit * 1000)) ]; do sleep 0.01; done
    took=$(($(milliseconds) - killed)) status=0
    if kill -0 "${pids[$rank]}" 2> /dev/null; then
      hangs=$((hangs + 1))
      kill -9 "${pids[$rank]}"
    fi
    wait "${pids[$rank]}" 2> /dev/null || status=$?
    if [ "$rank" != "$victim" ]; then
      [ "$status" = 75 ] || { wrong=$((wrong + 1)); tail -n 3 "$folder/log-$rank" >&2; }
      [ "$took" -le "$slowest" ] || slowest=$took
    fi
  done
  for checkpoint in "$folder"/checkpoints/step-*; do
    [ ! -e "$checkpoint" ] || whole "$checkpoint" || { corrupted=$((corrupted + 1)); echo "round $round: $checkpoint is not whole" >&2; }
  done
done
pids=()

mkdir -p artifacts/bench
row() { # METRIC VALUE UNIT TARGET MET
  printf '{"metric": "%s", "value": %s, "unit": "%s", "baseline": null, "ratio": null, "target": %s, "met": %s}' "$@"
}
is() { if [ "$1" -le "$2" ]; then echo true; else echo false; fi; }
{
  echo "[$(row "gangs that hung in $rounds kill rounds of $ranks ranks" $hangs gangs 0 "$(is $hangs 0)"),"
  echo " $(row "checkpoints that were not whole" $corrupted checkpoints 0 "$(is $corrupted 0)"),"
  echo " $(row "survivors that did not end with 75" $wrong ranks 0 "$(is $wrong 0)"),"
  echo " $(row "slowest end of a survivor" "$slowest" ms 1000 "$(is "$slowest" 1000)")]"
} > artifacts/bench/kill-rounds.json
cat artifacts/bench/kill-rounds.json
[ $((hangs + corrupted + wrong)) = 0 ]
