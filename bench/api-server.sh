# shellcheck shell=bash
# A real etcd and kube-apiserver on loopback for the scripts that load them, with nobody else on it: no scheduler, kubelet or controller
# runs but those that a script starts. Sourced; everything is in $folder and ends with the script.
cluster=${K8S_CACHE:-$HOME/.cache/mhc-operator/cluster}
[ -x "$cluster/bin/kube-apiserver" ] || eng/cluster.sh fetch
# shellcheck source=bench/folder.sh
source bench/folder.sh

free_port() { # no listener is there now
  local port
  while port=$((20000 + RANDOM % 20000)); do
    (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
}

# start_server NAME: a fresh server, $server is its address and $audit its log. Users, by token: bench, mhc-operator, job-controller.
start_server() {
  local state=$folder/$1 etcd peers port
  mkdir -p "$state"
  etcd=http://127.0.0.1:$(free_port) peers=http://127.0.0.1:$(free_port) port=$(free_port)
  server=https://127.0.0.1:$port audit=$state/audit.log
  "$cluster/root/usr/bin/etcd" --data-dir "$state/etcd" --listen-client-urls "$etcd" --advertise-client-urls "$etcd" --listen-peer-urls "$peers" \
    --initial-advertise-peer-urls "$peers" --initial-cluster "default=$peers" --unsafe-no-fsync > "$state/etcd.log" 2>&1 &
  pids+=($!)
  openssl genrsa -traditional -out "$state/accounts.key" 2048 2> /dev/null
  printf '%s,%s,%s,system:masters\n' bench bench bench mhc-operator mhc-operator mhc-operator job-controller job-controller job-controller > "$state/tokens.csv"
  cat > "$state/audit.yaml" << EOF
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
  users: [bench, mhc-operator, job-controller]
- level: None
EOF
  "$cluster/bin/kube-apiserver" --etcd-servers "$etcd" --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$port" \
    --cert-dir "$state/certificates" --service-cluster-ip-range 10.96.0.0/16 --endpoint-reconciler-type none --authorization-mode RBAC \
    --token-auth-file "$state/tokens.csv" --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$state/accounts.key" \
    --service-account-signing-key-file "$state/accounts.key" --disable-admission-plugins ServiceAccount --max-requests-inflight 3000 --max-mutating-requests-inflight 1000 \
    --audit-policy-file "$state/audit.yaml" --audit-log-path "$audit" --audit-log-mode blocking > "$state/apiserver.log" 2>&1 &
  pids+=($!)
  wait_until "kube-apiserver answers" ask readyz
}

stop_server() {
  kill -9 "${pids[@]}" 2> /dev/null || true
  wait "${pids[@]}" 2> /dev/null || true
  pids=()
}

# ask PATH [CURL ARGUMENT...]
ask() { curl -sfk -H "Authorization: Bearer bench" "${@:2}" "$server/$1" 2> /dev/null; }

# wait_until WHAT COMMAND...: for at most LIMIT seconds.
wait_until() {
  local what=$1 began=$SECONDS
  shift
  until "$@" > /dev/null; do
    [ $((SECONDS - began)) -lt "${LIMIT:-600}" ] || { echo "after ${LIMIT:-600} s it does not hold that $what" >&2; exit 1; }
    sleep 0.2
  done
}

# kubeconfig USER: prints the path of a file with that user's credentials.
kubeconfig() {
  local file=$folder/$1.kubeconfig
  cat > "$file" << EOF
apiVersion: v1
kind: Config
current-context: bench
clusters:
- name: bench
  cluster: {server: "$server", insecure-skip-tls-verify: true}
contexts:
- name: bench
  context: {cluster: bench, user: "$1"}
users:
- name: "$1"
  user: {token: "$1"}
EOF
  echo "$file"
}

# send METHOD MEDIA_TYPE: reads lines "PATH BODY" and sends them all, 32 at a time; fails where one is refused.
send() {
  awk -v server="$server" -v method="$1" -v type="$2" '{
    path = $1; $1 = ""; gsub(/\\/, "\\\\"); gsub(/"/, "\\\"")
    printf "%surl = \"%s/%s\"\nrequest = %s\nheader = \"Authorization: Bearer bench\"\nheader = \"Content-Type: %s\"\ndata = \"%s\"\ninsecure\nsilent\noutput = /dev/null\nwrite-out = \"%%{http_code}\\n\"\n",
      (NR > 1 ? "next\n" : ""), server, path, method, type, substr($0, 2)
  }' > "$folder/requests"
  curl --parallel --parallel-max 32 --config "$folder/requests" > "$folder/answers" 2> /dev/null || true
  ! grep -v '^20' "$folder/answers" | sort | uniq -c | grep . >&2
}

# processor_seconds PID, resident_mebibytes PID and peak_mebibytes PID
processor_seconds() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hz }' "/proc/$1/stat"; }
resident_mebibytes() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
peak_mebibytes() { awk '/^VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
