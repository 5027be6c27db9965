#!/bin/bash
# Runs the operator as a background process in the network of cluster.sh's cluster.
#
#   operator.sh start     apply the CRD, then start the operator, or do nothing when it runs
#   operator.sh stop | status
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
root=$(dirname "$here")
state=${MHC_OPERATOR_STATE:-$HOME/.cache/mhc-operator/operator}
program=$root/src/Operator/bin/${CONFIGURATION:-Release}/net10.0/linux-x64/mhc-operator
log=$state/operator.log

running() { [ -s "$state/pid" ] && grep -qz "mhc-operator" "/proc/$(cat "$state/pid")/cmdline" 2> /dev/null; }

start() {
  mkdir -p "$state"
  "$here/cluster.sh" exec kubectl apply -f "$root/crds"
  "$here/cluster.sh" exec kubectl wait --for=condition=Established crd/mhctrainingjobs.training.mhc.dev --timeout=300s > /dev/null
  stop # one that is left over from another cluster or an older build
  setsid "$here/cluster.sh" exec "$program" --default-trainer-image "$("$here/images.sh" --reference mhc-trainer)" --metrics-port 8080 \
    < /dev/null > "$log" 2>&1 &
  echo $! > "$state/pid"
  sleep 1
  running || {
    tail -n 20 "$log" >&2
    exit 1
  }
  cat << EOF

The operator runs (log: $log). Try:

  alias kubectl='$here/cluster.sh exec kubectl'
  kubectl apply -f examples/quickstart.yaml
  kubectl get mhcjob -w
  kubectl describe mhcjob quickstart

and \`make cluster-down\` when you are done.
EOF
}

stop() {
  running || return 0
  local pid
  pid=$(cat "$state/pid")
  kill "$pid"
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    running || break
    sleep 0.1
  done
  ! running || kill -9 "$pid"
  rm -f "$state/pid"
}

status() {
  if running; then
    echo "up (process $(cat "$state/pid"), log $log)"
  else
    echo down
    return 1
  fi
}

case ${1:-} in
  start | stop | status) "$1" ;;
  *)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
    exit 2
    ;;
esac
