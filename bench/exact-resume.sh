#!/usr/bin/env bash
# Kills a run with SIGKILL at random moments and resumes it, KILLS times (10), and compares the SHA-256 over all weights at the end with
# that of an undisturbed run: same machine, same thread count. Writes artifacts/bench/exact-resume.json and exits 1 if they differ.
# KILLS, STEPS, SEED, RANKS and TRAINER (the program) can be set.
set -euo pipefail
cd "$(dirname "$0")/.."

kills=${KILLS:-10} steps=${STEPS:-200} seed=${SEED:-20261123} ranks=${RANKS:-1}
# shellcheck source=bench/common.sh
source bench/common.sh
# shellcheck source=bench/results.sh
source bench/results.sh
RANDOM=$((seed % 32768))

cat > "$folder/trainer.json" << EOF
{"job": "exact-resume", "model": {"layers": 2, "width": 64, "heads": 4, "contextLength": 64},
 "optimization": {"steps": $steps, "batchTokens": 1024, "peakLearningRate": 0.003, "warmupSteps": 10, "precision": "Float32"},
 "checkpoints": {"intervalSteps": 10, "verifyAfterSteps": 10}, "parallelism": {"timeoutSeconds": 60}}
EOF
export MHC_CONFIG=$folder/trainer.json MHC_THREADS=1 MASTER_ADDR=127.0.0.1 WORLD_SIZE=$ranks MALLOC_MMAP_THRESHOLD_=1048576

# start NAME ATTEMPT: begins a gang of the run NAME; its processes are in $pids
start() {
    export MHC_CHECKPOINT_DIR=$folder/$1 MHC_ATTEMPT=$2 MASTER_PORT=$((20000 + RANDOM % 10000))
    pids=()
    for ((rank = 0; rank < ranks; rank++)); do
        RANK=$rank MHC_TERMINATION_MESSAGE_PATH=$folder/termination-$rank "$trainer" train --data-log "$folder/$1.data" >> "$folder/$1.$rank.log" 2>&1 &
        pids+=($!)
    done
}

# finish NAME: waits for the gang and prints the hash
finish() {
    for pid in "${pids[@]}"; do
        wait "$pid" || { tail -n 5 "$folder/$1".*.log >&2; exit 1; }
    done
    pids=()
    sed -n 's/^weights sha256://p' "$folder/$1.0.log" | tail -n 1
}

trained() { if [ -e "$folder/$1.data" ]; then wc -l < "$folder/$1.data"; else echo 0; fi; }

begin=$EPOCHREALTIME
start calm 1
finish calm > "$folder/calm.sha"
middle=$EPOCHREALTIME
for ((kill = 1; kill <= kills; kill++)); do
    start disturbed "$kill"
    moment=$(($(trained disturbed) + 2 + RANDOM % (steps / kills)))
    while [ "$(trained disturbed)" -lt "$moment" ] && kill -0 "${pids[0]}" 2> /dev/null; do sleep 0.01; done
    sleep "0.0$((RANDOM % 10))"
    kill -9 "${pids[@]}" 2> /dev/null || true
    wait "${pids[@]}" 2> /dev/null || true
    echo "kill $kill after $(trained disturbed) updates in all"
done
start disturbed $((kills + 1))
finish disturbed > "$folder/disturbed.sha"
end=$EPOCHREALTIME

calm=$(cat "$folder/calm.sha") disturbed=$(cat "$folder/disturbed.sha")
same=0
[ -z "$calm" ] || [ "$calm" != "$disturbed" ] || same=1
between() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", b - a }'; }
row "runs of $ranks ranks with the same weights after $kills kills as without" $same runs "" 1 "value >="
row "updates done in all, with those done twice" "$(trained disturbed)" updates "$steps"
row "time, restarts included" "$(between "$middle" "$end")" s "$(between "$begin" "$middle")"
write_results exact-resume
echo "undisturbed $calm"
echo "disturbed   $disturbed"
[ "$same" = 1 ]
