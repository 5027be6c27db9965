# shellcheck shell=bash
# Paths and addresses shared by all parts of cluster.sh.
# shellcheck disable=SC2034  # the parts that source this file use them

export K8S_CACHE=${K8S_CACHE:-$HOME/.cache/mhc-operator/cluster}
export K8S_RUN=${K8S_RUN:-$HOME/.cache/mhc-operator/cluster-run}
readonly cache=$K8S_CACHE run=$K8S_RUN

readonly node=node1
readonly cgroup=mhc-cluster-$(cksum <<< "$run" | cut -d' ' -f1)
readonly pod_network=10.210.0
readonly service_network=10.211.0.0/16 api_address=10.211.0.1 dns_address=10.211.0.10
readonly volume_count=20 volume_size=10Gi
# Folders of the cache's unpacked packages; only what is run from there may see its libraries.
readonly libraries=$cache/root/usr/lib/x86_64-linux-gnu:$cache/root/lib/x86_64-linux-gnu

export KUBECONFIG=$run/admin.conf
export PATH=$cache/bin:$PATH:/usr/sbin:/sbin:$cache/root/usr/sbin:$cache/root/usr/bin

say() { echo "[cluster $(date +%T)] $*" >&2; }

fail() {
  say "$*"
  exit 1
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || fail "gave up waiting for $what (logs: $run/log)"
    sleep 0.2
  done
}
