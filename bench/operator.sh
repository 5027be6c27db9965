#!/usr/bin/env bash
# The operator under load, on a real API server with etcd, beside Kubernetes's own Job controller, which makes the same pods:
# JOBS (1000) jobs of 8 pods each, from the first POST to the creation of the last pod. Both run with no client limit; both with the same one,
# EQUAL (20:100 200:400: requests a second and jobs); and as they are shipped (20 requests a second and none). Then, of the operator alone: its
# writes for each job until all run, processor time and memory, requests while nothing happens, and the time from a failed pod to the complete
# new gang for GANGS (8 64 512).
# OPERATOR names another program, such as the natively compiled one. Writes artifacts/bench/operator.json.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-1000} equal=${EQUAL:-20:100 200:400} gangs=${GANGS:-8 64 512} idle=${IDLE:-30}
readonly shipped=20 # requests a second of the Job controller
operator=${OPERATOR:-$PWD/src/Operator/bin/${CONFIGURATION:-Release}/net10.0/linux-x64/mhc-operator}
[ -x "$operator" ] || { echo "no operator at $operator: run 'make build', or set OPERATOR" >&2; exit 2; }
# shellcheck source=bench/api-server.sh
source bench/api-server.sh
# shellcheck source=bench/results.sh
source bench/results.sh

readonly namespace=api/v1/namespaces/default group=apis/training.mhc.dev/v1alpha1
readonly model='"model":{"layers":1,"width":32,"heads":2,"contextLength":32},"optimization":{"steps":1000,"batchTokens":65536}'

# A job of ours, and one of Kubernetes's: name, pods.
our_job() { echo "$group/namespaces/default/mhctrainingjobs {\"apiVersion\":\"training.mhc.dev/v1alpha1\",\"kind\":\"MhcTrainingJob\",\"metadata\":{\"name\":\"$1\"},\"spec\":{\"workers\":{\"replicas\":$2,\"device\":\"Cpu\"},\"runPolicy\":{\"backoff\":{\"initialSeconds\":0}},$model}}"; }
batch_job() { echo "apis/batch/v1/namespaces/default/jobs {\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{\"name\":\"$1\"},\"spec\":{\"parallelism\":$2,\"completions\":$2,\"template\":$template}}"; }

# audited FILTER FORMAT: what the audit log says of the requests that a jq filter takes.
audited() { jq -r "select($1) | $2" "$audit"; }
has_pods() { [ "$(ask "$namespace/pods?limit=1" | jq '(.items | length) + (.metadata.remainingItemCount // 0)')" -ge "$1" ]; } # asking so costs the server next to nothing

# seconds_to_pods KIND USER: from the first POST of a job to the answer to the last creation of a pod.
seconds_to_pods() {
  audited "(.user.username == \"bench\" and .verb == \"create\" and .objectRef.resource == \"$1\") or (.user.username == \"$2\" and .verb == \"create\" and .objectRef.resource == \"pods\" and .responseStatus.code == 201)" \
    '"\(.objectRef.resource) \(.requestReceivedTimestamp) \(.stageTimestamp)"' |
    awk -v kind="$1" '
      function seconds(time) { split(substr(time, 12), t, /[:Z]/); return t[1] * 3600 + t[2] * 60 + t[3] }
      $1 == kind && (first == "" || seconds($2) < first) { first = seconds($2) }
      $1 == "pods" && seconds($3) > last { last = seconds($3) }
      END { if (last < first) last += 86400; printf "%.2f", last - first }'
}

start_job_controller() { # ARGUMENT...
  rm -f "$folder/kcm.log"
  "$cluster/bin/kube-controller-manager" --kubeconfig "$(kubeconfig job-controller)" --controllers job --leader-elect=false \
    --bind-address 127.0.0.1 --secure-port "$(free_port)" --port 0 --cert-dir "$folder/kcm" "$@" > "$folder/kcm.log" 2>&1 &
  pids+=($!)
  wait_until "the Job controller works" grep -qs "Caches are synced for job" "$folder/kcm.log"
}

serve_jobs() { # NAME: a server that knows our jobs
  start_server "$1"
  ask apis/apiextensions.k8s.io/v1/customresourcedefinitions -X POST -H 'Content-Type: application/yaml' --data-binary @crds/mhctrainingjobs.training.mhc.dev.yaml > /dev/null
  wait_until "jobs are served" ask "$group/mhctrainingjobs"
}

start_operator() { # ARGUMENT...
  rm -f "$folder/operator.log"
  "$operator" --kubeconfig "$(kubeconfig mhc-operator)" --no-leader-election --bind-address 127.0.0.1 --metrics-port 0 "$@" > "$folder/operator.log" 2>&1 &
  process=$!
  pids+=("$process")
  wait_until "the operator works" grep -qs "watching [0-9]* jobs" "$folder/operator.log"
}

# make_jobs FUNCTION COUNT: posts them, and waits for all their pods.
make_jobs() {
  for ((i = 0; i < $2; i++)); do "$1" "job-$i" 8; done | send POST application/json
  wait_until "all pods are there" has_pods $(($2 * 8))
}

# The kubelets' part: sets the phase of the pods that a name is chosen of.
play() { # PHASE STATE REGULAR_EXPRESSION
  ask "$namespace/pods" | jq -r --arg names "$3" '.items[].metadata.name | select(test($names))' |
    awk -v path="$namespace/pods" -v phase="$1" -v state="$2" '{
      printf "%s/%s/status {\"status\":{\"phase\":\"%s\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}],\"containerStatuses\":[{\"name\":\"trainer\",\"image\":\"i\",\"imageID\":\"i\",\"ready\":true,\"restartCount\":0,\"state\":%s}]}}\n", path, $1, phase, state }' |
    send PATCH application/merge-patch+json
}
run_pods() { play Running '{"running":{}}' "$1"; }
fail_pod() { play Failed '{"terminated":{"exitCode":75}}' "$1"; }
running_jobs() { ask "$group/mhctrainingjobs" | jq '[.items[] | select(.status.phase == "Running")] | length'; }
all_run() { [ "$(running_jobs)" = "$1" ]; }

has_gang() { [ "$(ask "$namespace/pods?labelSelector=training.mhc.dev/job=gang-$1,training.mhc.dev/attempt=$2" | jq '.items | length')" = "$1" ]; } # SIZE ATTEMPT

# What the Job controller is to make: pods as the operator makes them.
serve_jobs template
start_operator
make_jobs our_job 1
template=$(ask "$namespace/pods?limit=1" | jq -c '.items[0] | {metadata: {labels: .metadata.labels}, spec}')
stop_server

for limit in $equal; do
  rate=${limit%:*} count=${limit#*:}
  start_server "job-controller-$rate"
  start_job_controller --kube-api-qps "$rate" --kube-api-burst $((rate * 3 / 2))
  sleep 2 # both begin with a whole burst, whatever they asked for to get there
  make_jobs batch_job "$count"
  limited=$(seconds_to_pods jobs job-controller)
  stop_server

  serve_jobs "operator-$rate"
  start_operator --kube-api-qps "$rate" --kube-api-burst $((rate * 3 / 2))
  sleep 2
  make_jobs our_job "$count"
  row "first POST to last of $((8 * count)) pods, both with $rate requests a second" "$(seconds_to_pods mhctrainingjobs mhc-operator)" s "$limited" 1 "ratio <="
  stop_server

  if [ "$rate" = $shipped ]; then
    serve_jobs shipped
    start_operator
    make_jobs our_job "$count"
    row "first POST to last of $((8 * count)) pods, both as shipped" "$(seconds_to_pods mhctrainingjobs mhc-operator)" s "$limited" 1 "ratio <="
    stop_server
  fi
done

start_server job-controller
start_job_controller --kube-api-qps 100000 --kube-api-burst 100000
make_jobs batch_job "$jobs"
baseline=$(seconds_to_pods jobs job-controller)
stop_server

serve_jobs operator
began=$(date +%s%3N)
start_operator
row "start to the first look at jobs" "$(($(date +%s%3N) - began))" ms
row "resident memory, no job" "$(resident_mebibytes "$process")" MiB
before=$(processor_seconds "$process")
make_jobs our_job "$jobs"
row "first POST to last of $((8 * jobs)) pods, no client limit" "$(seconds_to_pods mhctrainingjobs mhc-operator)" s "$baseline" 1 "ratio <="
row "processor time until the last pod" "$(awk -v a="$before" -v b="$(processor_seconds "$process")" 'BEGIN { printf "%.1f", b - a }')" s
run_pods '^job-'
wait_until "all jobs run" all_run "$jobs"
sleep 15 # the last events, and the memory that the burst took
row "resident memory, $jobs jobs and $((8 * jobs)) pods" "$(resident_mebibytes "$process")" MiB "" 120 "value <="
row "resident memory until then at most" "$(peak_mebibytes "$process")" MiB "" 120 "value <="
audited '.user.username == "mhc-operator" and (.verb | test("create|update|patch|delete"))' '"\(.verb) \(.objectRef.resource)\(if .objectRef.subresource then "/" + .objectRef.subresource else "" end)"' | sort | uniq -c |
  while read -r count verb what; do row "writes for a job until it runs: $verb $what" "$(awk -v c="$count" -v j="$jobs" 'BEGIN { printf "%.2f", c / j }')" ""; done
writes=$(audited '.user.username == "mhc-operator" and (.verb | test("create|update|patch|delete")) and .objectRef.resource != "pods"' .verb | wc -l)
row "writes for a job until it runs, pods left out" "$(awk -v w="$writes" -v j="$jobs" 'BEGIN { printf "%.2f", w / j }')" "" "" 6 "value <="

before=$(processor_seconds "$process")
requests=$(audited '.user.username == "mhc-operator"' .verb | wc -l)
sleep "$idle"
row "requests in $idle idle seconds with $jobs running jobs" "$(($(audited '.user.username == "mhc-operator"' .verb | wc -l) - requests))" "" "" 0 "value <="
row "processor time in $idle idle seconds" "$(awk -v a="$before" -v b="$(processor_seconds "$process")" 'BEGIN { printf "%.2f", b - a }')" s

for size in $gangs; do
  our_job "gang-$size" "$size" | send POST application/json
  wait_until "the gang of $size is there" has_gang "$size" 1
  run_pods "^gang-$size-1-"
  wait_until "it runs" all_run "$((jobs + 1))"
  fail_pod "^gang-$size-1-0$"
  wait_until "the new gang is there" has_gang "$size" 2
  row "failed pod to the complete new gang of $size" "$(audited "(.objectRef.name // \"\" | test(\"^gang-$size-1-0$\")) and .user.username == \"bench\" or ((.objectRef.name // \"\" | test(\"^gang-$size-2-\")) and .verb == \"create\")" .stageTimestamp |
    sort | awk -v size="$size" '{ split(substr($1, 12), t, /[:Z]/); at[NR] = t[1] * 3600 + t[2] * 60 + t[3] } END { printf "%.2f", at[NR] - at[NR - size] }')" s
  ask "$group/namespaces/default/mhctrainingjobs/gang-$size" -X DELETE > /dev/null
done

write_results operator
