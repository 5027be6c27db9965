#!/usr/bin/env bash
# How long a gang of two pods does not train when one of its processes is killed (SIGKILL), on the real node of eng/cluster.sh: from the kill to
# the first step of the whole gang's next attempt, restarting in place and with new pods (no back-off there, so that only the pods are compared).
# KILLS (3) kills in each of BLOCKS (2) jobs of each kind, in turn. Writes artifacts/bench/recovery.json.
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${KILLS:-3} blocks=${BLOCKS:-2}
export K8S_RUN=${K8S_RUN:-$HOME/.cache/mhc-operator/cluster-bench}
operator=${OPERATOR:-$PWD/src/Operator/bin/${CONFIGURATION:-Release}/net10.0/linux-x64/mhc-operator}
[ -x "$operator" ] || { echo "no operator at $operator: run 'make build', or set OPERATOR" >&2; exit 2; }
# shellcheck source=bench/folder.sh
source bench/folder.sh
# shellcheck source=bench/results.sh
source bench/results.sh
trap 'kill -9 "${pids[@]}" 2> /dev/null || true; eng/cluster.sh down; rm -rf "$folder"' EXIT

in_cluster() { eng/cluster.sh exec "$@"; }
job() { in_cluster kubectl get mhcjob "$1" -o json | jq -r "$2"; }
wait_until() { # WHAT COMMAND...
  local what=$1 tries
  shift
  for ((tries = 0; tries < 600; tries++)); do
    ! "$@" || return 0
    sleep 0.2
  done
  echo "waited in vain until $what" >&2
  tail -n 20 "$folder/operator.log" >&2
  exit 1
}

manifest() { # NAME STRATEGY
  cat << END
apiVersion: training.mhc.dev/v1alpha1
kind: MhcTrainingJob
metadata: {name: $1}
spec:
  workers: {replicas: 2, device: Cpu, template: {spec: {containers: [{name: trainer, resources: {requests: {cpu: 100m}}}]}}}
  model: {layers: 2, width: 32, heads: 2, contextLength: 64}
  optimization: {steps: 1000000, batchTokens: 256, warmupSteps: 5, precision: Float32}
  checkpoints: {intervalSteps: 20, verifyAfterSteps: 20}
  runPolicy: {restartStrategy: $2, maxRestarts: 1000, terminationTimeoutSeconds: 5, backoff: {initialSeconds: 0, maximumSeconds: 0}}
END
}

# The rank's process as this machine sees it: the one that has no order file to look at.
process_of() { # JOB RANK
  local files file
  mapfile -t files < <(grep -lzsx "MHC_JOB=$1" /proc/[0-9]*/environ)
  for file in "${files[@]}"; do
    if grep -qzsx "RANK=$2" "$file" && ! grep -qzs '^MHC_ORDER_FILE=' "$file"; then
      basename "$(dirname "$file")"
      return
    fi
  done
}

# What rank 0 of a job says, from the pod that has it.
said() { # JOB JQ
  local address
  address=$(in_cluster kubectl get pods -l "training.mhc.dev/job=$1,training.mhc.dev/rank=0" -o json |
    jq -r '[.items[] | select(.metadata.deletionTimestamp == null)] | last | .status.podIP // ""')
  [ -z "$address" ] || in_cluster curl -s --max-time 1 "http://$address:8470/status" | jq -r "$2"
}

has_checkpoint_after() { [ "$(job "$1" '.status.checkpoints.latest // 0')" -gt "$2" ]; }
trains() { [ -n "$(said "$1" "select(.attempt == $2) | .firstStepAt // \"\"" || true)" ]; }

# Kills the second rank and prints the seconds until the next attempt's first step.
recover() { # JOB
  local attempt at began first victim
  attempt=$(job "$1" .status.attempt)
  at=$(job "$1" '.status.checkpoints.latest // 0')
  wait_until "a checkpoint is written" has_checkpoint_after "$1" "$at"
  victim=$(process_of "$1" 1)
  began=$(date +%s.%N)
  kill -9 "$victim"
  wait_until "it trains again" trains "$1" $((attempt + 1))
  first=$(said "$1" .firstStepAt)
  awk -v a="$began" -v b="$(date -d "$first" +%s.%N)" 'BEGIN { printf "%.2f\n", b - a }'
}

eng/cluster.sh up >&2
eng/images.sh mhc-trainer >&2
eng/cluster.sh load "$(eng/images.sh --archive mhc-trainer)" >&2
in_cluster kubectl apply -f crds/ >&2
in_cluster kubectl wait --for=condition=Established crd/mhctrainingjobs.training.mhc.dev --timeout=30s >&2
eng/cluster.sh exec "$operator" --no-leader-election --default-trainer-image "$(eng/images.sh --reference mhc-trainer)" \
  --bind-address 127.0.0.1 --metrics-port 0 --poll-interval 1 > "$folder/operator.log" 2>&1 &
pids+=($!)

for ((block = 1; block <= blocks; block++)); do
  for strategy in InPlace Recreate; do
    name=$(tr '[:upper:]' '[:lower:]' <<< "$strategy")-$block
    manifest "$name" "$strategy" | in_cluster kubectl apply -f - >&2
    wait_until "its first checkpoint is written" has_checkpoint_after "$name" 0
    for ((kill = 1; kill <= kills; kill++)); do
      seconds=$(recover "$name")
      echo "$strategy: $seconds s" >&2
      echo "$seconds" >> "$folder/$strategy"
    done
    in_cluster kubectl delete mhcjob "$name" --wait=false >&2
    in_cluster kubectl delete pods -l "training.mhc.dev/job=$name" --grace-period=1 >&2
  done
done

row "a process killed to the first step of the next attempt, in place beside new pods, median of $((kills * blocks))" "$(median "$folder/InPlace")" s "$(median "$folder/Recreate")" 1 "ratio <="
write_results recovery
