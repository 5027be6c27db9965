# shellcheck shell=bash
# Process 1 of the namespaces: prepares them, then starts every daemon and stays.

run_daemons() {
  isolate
  connect
  start_first etcd etcd --data-dir /var/lib/etcd --unsafe-no-fsync \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster default=http://127.0.0.1:2380
  start_first apiserver kube-apiserver --etcd-servers http://127.0.0.1:2379 \
    --bind-address 0.0.0.0 --secure-port 6443 --advertise-address "$pod_network.1" \
    --service-cluster-ip-range "$service_network" --authorization-mode Node,RBAC \
    --enable-admission-plugins NodeRestriction --allow-privileged \
    --client-ca-file pki/ca.crt --tls-cert-file pki/apiserver.crt --tls-private-key-file pki/apiserver.key \
    --kubelet-client-certificate pki/admin.crt --kubelet-client-key pki/admin.key \
    --kubelet-preferred-address-types InternalIP --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file pki/service-account.pub --service-account-signing-key-file pki/service-account.key
  start containerd containerd -c "$run/containerd.toml"
  wait_for 300 "the API server" kubectl get --raw /readyz
  start controller-manager kube-controller-manager --kubeconfig controller-manager.conf \
    --leader-elect=false --bind-address 127.0.0.1 --use-service-account-credentials \
    --service-account-private-key-file pki/service-account.key --root-ca-file pki/ca.crt \
    --cluster-signing-cert-file pki/ca.crt --cluster-signing-key-file pki/ca.key \
    --pv-recycler-pod-template-filepath-hostpath "$run/recycler.yaml" --pvclaimbinder-sync-period 5s
  start scheduler kube-scheduler --kubeconfig scheduler.conf --leader-elect=false --bind-address 127.0.0.1
  wait_for 300 containerd ctr version
  load_own_images
  start_first kubelet kubelet --config kubelet.yaml --kubeconfig kubelet.conf \
    --hostname-override "$node" --node-ip "$pod_network.1" \
    --container-runtime remote --container-runtime-endpoint unix:///run/containerd/containerd.sock
  wait_for 300 "the node" kubectl get node "$node"
  LD_LIBRARY_PATH=$libraries XTABLES_LIBDIR=$cache/root/usr/lib/x86_64-linux-gnu/xtables \
    start proxy kube-proxy --config proxy.yaml
  start dns "$self" __dns
  wait_for 300 "the cluster's names" "$cache/root/bin/busybox" nslookup kubernetes.default.svc.cluster.local "$dns_address"
  touch "$run/started"
  wait
}

start() { # NAME COMMAND...
  local name=$1
  shift
  "$@" > "$run/log/$name.log" 2>&1 &
}

# start_first NAME COMMAND...: a daemon that others wait for goes before what computes. It may start nothing that inherits this.
start_first() { start "$1" nice -n -10 "${@:2}"; }

# Private copies of what the daemons write to.
isolate() {
  mount --make-rshared /
  mount -t tmpfs tmpfs /run
  mount --bind "$run/var-lib" /var/lib
  mount --bind "$run/log" /var/log
  # The kubelet would change these for the whole machine: show it the values that it wants instead.
  local setting file
  for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
    file=/run/sysctl-$(basename "${setting%=*}")
    echo "${setting#*=}" > "$file"
    mount --bind "$file" "/proc/sys/${setting%=*}"
  done
  local controller
  for controller in cpu cpuacct cpuset memory devices freezer blkio pids systemd; do
    [ -d "/sys/fs/cgroup/$controller" ] || continue
    mkdir -p "/sys/fs/cgroup/$controller/$cgroup"
  done
  # All containers together compete as one group with each single process of the machine: let them count for two.
  echo 2048 > "/sys/fs/cgroup/cpu/$cgroup/cpu.shares"
  # A new cpuset has no processors and no memory until it is told.
  cat /sys/fs/cgroup/cpuset/cpuset.cpus > "/sys/fs/cgroup/cpuset/$cgroup/cpuset.cpus"
  cat /sys/fs/cgroup/cpuset/cpuset.mems > "/sys/fs/cgroup/cpuset/$cgroup/cpuset.mems"
}

connect() {
  ip link set lo up
  ip address add "$dns_address/32" dev lo
  ip link add cni0 type bridge
  ip address add "$pod_network.1/24" dev cni0
  ip link set cni0 up
  ip route add default dev cni0
  ip route add unreachable 169.254.0.0/16 # else the kubelet waits 10 s for a cloud's metadata server
  [ ! -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
  echo 1 > /proc/sys/net/ipv4/ip_forward
}

# Pretended devices: the scheduler counts them, no container gets any.
set_gpus() {
  ask "api/v1/nodes/$node/status" -o /dev/null -X PATCH -H 'Content-Type: application/json-patch+json' \
    -d "[{\"op\": \"add\", \"path\": \"/status/capacity/nvidia.com~1gpu\", \"value\": \"$1\"}]"
}

# ask PATH [OPTION...]: the API server's answer, for a hundredth of what starting kubectl costs.
ask() {
  curl -sSf --cacert "$run/pki/ca.crt" --cert "$run/pki/admin.crt" --key "$run/pki/admin.key" "${@:2}" "https://127.0.0.1:6443/$1"
}
