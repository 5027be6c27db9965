#!/bin/bash
# A real one-node Kubernetes 1.20 cluster (etcd, API server, controller-manager, scheduler,
# kubelet, containerd, proxy, DNS) inside one set of network, mount and process namespaces:
# nothing listens on the host, no host file or firewall rule is touched, and ending one process
# ends every daemon and container.
#
#   cluster.sh fetch                   fill the cache (7 minutes on 2 cores the first time)
#   cluster.sh check                   say what this machine lacks to run a cluster, if anything
#   cluster.sh up | down | status
#   cluster.sh exec COMMAND...         run COMMAND (kubectl, a test program) in the cluster's network
#   cluster.sh load ARCHIVE...         load container images that eng/images.sh made
#   cluster.sh gpus N                  give the node N (pretended) nvidia.com/gpu
#
# K8S_CACHE keeps what is built between runs; K8S_RUN holds one cluster's state, so that two
# clusters can run side by side. `down` removes K8S_RUN.
set -euo pipefail
self=$(realpath "${BASH_SOURCE[0]}")
parts=$(dirname "$self")/cluster
# shellcheck source=eng/cluster/settings.sh
source "$parts/settings.sh"
# shellcheck source=eng/cluster/check.sh
source "$parts/check.sh"
# shellcheck source=eng/own-apt.sh
source "$parts/../own-apt.sh"
# shellcheck source=eng/cluster/fetch.sh
source "$parts/fetch.sh"
# shellcheck source=eng/cluster/configure.sh
source "$parts/configure.sh"
# shellcheck source=eng/cluster/daemons.sh
source "$parts/daemons.sh"
# shellcheck source=eng/cluster/dns.sh
source "$parts/dns.sh"
# shellcheck source=eng/cluster/images.sh
source "$parts/images.sh"
# shellcheck source=eng/cluster/volumes.sh
source "$parts/volumes.sh"

# Starts the cluster and returns when the node takes pods.
up() {
  check
  fetch
  if running; then
    say "already up"
    return
  fi
  down
  local started=$SECONDS
  configure
  make_volume_folders
  setsid unshare --net --mount --pid --fork --mount-proc --kill-child "$self" __daemons \
    < /dev/null > "$run/log/init.log" 2>&1 &
  local first=$!
  echo $first > "$run/pid"
  # Not `running`: until it has become unshare, its command line is this script's.
  until [ -e "$run/started" ]; do
    kill -0 $first 2> /dev/null || fail "the cluster ended while starting: $(tail -n 5 "$run/log/init.log")"
    sleep 0.2
  done
  wait_for 300 "the node" "$self" exec "$self" __ready
  "$self" exec "$self" __volumes
  say "up in $((SECONDS - started)) s"
}

# Ends every daemon and container, then removes the cgroups and the state.
down() {
  local leader
  if running; then
    leader=$(cat "$run/pid")
    kill -9 "$leader"
    while running; do sleep 0.1; done
  fi
  local tries
  for ((tries = 0; tries < 50; tries++)); do # the kernel ends the rest; its groups are busy until then
    find /sys/fs/cgroup/*/"$cgroup" -depth -type d -exec rmdir {} + 2> /dev/null || true
    compgen -G "/sys/fs/cgroup/*/$cgroup" > /dev/null || break
    sleep 0.1
  done
  rm -rf "$run"
}

status() {
  if ! running; then
    echo down
    return 1
  fi
  echo "up (process $(cat "$run/pid"))"
  "$self" exec kubectl get nodes,pods,persistentvolumeclaims --all-namespaces -o wide
}

running() { [ -s "$run/pid" ] && grep -qz __daemons "/proc/$(cat "$run/pid")/cmdline" 2> /dev/null; }

require_running() { running || fail "no cluster is up; start one with: $self up"; }

# Process 1 of the namespaces, as seen from outside.
first_process() { pgrep -P "$(cat "$run/pid")"; }

ready() {
  kubectl wait --for=condition=Ready "node/$node" --timeout=2s && kubectl --namespace default get serviceaccount default
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  fetch | check | up | down | status) "$command" ;;
  exec)
    require_running
    exec nsenter --target "$(first_process)" --net "$@"
    ;;
  load)
    require_running
    exec nsenter --target "$(first_process)" --net --mount --pid --wd="$PWD" "$self" __load "$@"
    ;;
  gpus)
    require_running
    "$self" exec "$self" __gpus "${1:?how many?}"
    ;;
  __daemons) cd "$run" && run_daemons ;;
  __dns) serve_dns ;;
  __ready) ready ;;
  __volumes) apply_volumes ;;
  __load) for archive; do load_archive "$archive"; done ;;
  __gpus) set_gpus "$@" ;;
  *)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$self"
    [ "$command" = help ] || exit 2
    ;;
esac
