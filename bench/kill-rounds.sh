#!/usr/bin/env bash
# Ends one rank of a gang without a word at a random moment, ROUNDS times (100): in four rounds of five while it trains, in the fifth while the
# gang is starting; then STOPS times (5) it is stopped instead (SIGSTOP). Each time the others must end with 75 within LIMIT seconds (10), every
# checkpoint that has its name must be whole (its files have the hashes of its manifest), and the next attempt must go on from one.
# Writes artifacts/bench/kill-rounds.json, with how soon the others ended, and exits 1 where a round did not end so.
# RANKS (2), PATIENCE (timeoutSeconds, 3), SEED and TRAINER (the program) can be set too.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-100} stops=${STOPS:-5} ranks=${RANKS:-2} patience=${PATIENCE:-3} seed=${SEED:-20261123} limit=${LIMIT:-10}
# shellcheck source=bench/common.sh
source bench/common.sh
# shellcheck source=bench/results.sh
source bench/results.sh
RANDOM=$((seed % 32768))

cat > "$folder/trainer.json" << JSON
{"job": "kill-rounds", "model": {"layers": 2, "width": 32, "heads": 2, "contextLength": 32},
 "optimization": {"steps": 1000000, "batchTokens": 512, "peakLearningRate": 0.001, "warmupSteps": 10, "precision": "Float32"},
 "checkpoints": {"intervalSteps": 3, "verifyAfterSteps": 5}, "parallelism": {"sharding": "Optimizer", "timeoutSeconds": $patience}}
JSON
export MHC_CONFIG=$folder/trainer.json MHC_CHECKPOINT_DIR=$folder/checkpoints MHC_THREADS=1 OMP_NUM_THREADS=1
export MASTER_ADDR=127.0.0.1 WORLD_SIZE=$ranks
hangs=0 corrupted=0 wrong=0 resumed=0
touch "$folder"/{training,starting,stopped}

updates() { if [ -e "$folder/data" ]; then wc -l < "$folder/data"; else echo 0; fi; }
milliseconds() { local now=${EPOCHREALTIME/[.,]/}; echo $((now / 1000)); }

whole() { # CHECKPOINT
  jq -r '.shards[] | "\(.sha256)  \(.file)"' "$1/manifest.json" > "$folder/sums" && (cd "$1" && sha256sum --quiet -c "$folder/sums") > /dev/null 2>&1
}

start() { # ATTEMPT
  local rank
  export MHC_ATTEMPT=$1 MASTER_PORT=$((20000 + RANDOM % 10000))
  pids=()
  for ((rank = 0; rank < ranks; rank++)); do
    RANK=$rank MHC_TERMINATION_MESSAGE_PATH=$folder/end-$rank "$trainer" train --data-log "$folder/data" > "$folder/log-$rank" 2>&1 &
    pids+=($!)
  done
}

end() { # PID
  kill -9 "$1"
  wait "$1" 2> /dev/null || true
}

wait_until_it_trains() { # UPDATES
  while [ "$(updates)" -lt "$1" ] && kill -0 "${pids[0]}" 2> /dev/null; do sleep 0.01; done
}

# others_end VICTIM KIND BEGAN: what became of the others, how soon they ended is added to the file KIND
others_end() {
  local began=$3 rank took status
  for ((rank = 0; rank < ranks; rank++)); do
    [ "$rank" != "$1" ] || continue
    while kill -0 "${pids[$rank]}" 2> /dev/null && [ $(($(milliseconds) - began)) -lt $((limit * 1000)) ]; do sleep 0.005; done
    took=$(($(milliseconds) - began)) status=0
    if kill -0 "${pids[$rank]}" 2> /dev/null; then
      hangs=$((hangs + 1))
      kill -9 "${pids[$rank]}"
    fi
    wait "${pids[$rank]}" 2> /dev/null || status=$?
    [ "$status" = 75 ] || { wrong=$((wrong + 1)); tail -n 3 "$folder/log-$rank" >&2; }
    echo "$took" >> "$folder/$2"
  done
}

look_at_checkpoints() { # ROUND
  local checkpoint
  for checkpoint in "$folder"/checkpoints/step-*; do
    [ ! -e "$checkpoint" ] || whole "$checkpoint" || { corrupted=$((corrupted + 1)); echo "round $1: $checkpoint is not whole" >&2; }
  done
  ! grep -qs "training goes on after step" "$folder/log-0" || resumed=$((resumed + 1))
}

for ((round = 1; round <= rounds + stops; round++)); do
  before=$(updates) victim=$((RANDOM % ranks)) kind=training
  [ $((round % 5)) != 0 ] || kind=starting
  [ "$round" -le "$rounds" ] || kind=stopped
  start "$round"
  case $kind in
    starting) sleep "$((RANDOM % 2)).$((RANDOM % 10))" ;;
    *)
      wait_until_it_trains $((before + 1 + RANDOM % 12))
      sleep "0.0$((RANDOM % 10))"
      ;;
  esac
  began=$(milliseconds)
  case $kind in
    stopped) kill -STOP "${pids[$victim]}" ;;
    *) end "${pids[$victim]}" ;;
  esac
  others_end "$victim" "$kind" "$began"
  [ $kind != stopped ] || end "${pids[$victim]}"
  look_at_checkpoints "$round"
done
pids=()

row "gangs of $ranks ranks that hung in $rounds kill rounds and $stops stop rounds" $hangs gangs "" 0 "value <="
row "checkpoints that were not whole" $corrupted checkpoints "" 0 "value <="
row "survivors that did not end with 75" $wrong ranks "" 0 "value <="
row "rounds that went on from a checkpoint" $resumed rounds
seconds() { awk -v t="$1" 'BEGIN { print t / 1000 }'; }
report() { # KIND WHAT TARGET
  [ -s "$folder/$1" ] || return 0
  row "$2, median" "$(seconds "$(median "$folder/$1")")" s
  row "$2, slowest" "$(seconds "$(largest "$folder/$1")")" s "" "$3" "value <="
}
report training "a peer is killed in training: the others end after" 1
report starting "a peer is killed while the gang starts: the others end after (timeoutSeconds $patience)" $((patience + 2))
report stopped "a peer is stopped: the others end after (timeoutSeconds $patience)" $((patience + 1))
write_results kill-rounds
[ $((hangs + corrupted + wrong)) = 0 ]
