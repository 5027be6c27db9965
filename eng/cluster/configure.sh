# shellcheck shell=bash
# Certificates and the configuration files of every daemon.

configure() {
  mkdir -p "$run"/{pki,log,var-lib,cni}
  make_certificates
  make_kubeconfigs
  configure_containerd
  configure_kubelet
  configure_proxy
  configure_recycler
}

make_certificates() {
  local alternatives="IP:127.0.0.1,IP:$pod_network.1,IP:$api_address,DNS:localhost"
  local name=kubernetes
  for name in kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local; do
    alternatives+=",DNS:$name"
  done
  openssl_ req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=mhc-cluster \
    -keyout "$run/pki/ca.key" -out "$run/pki/ca.crt"
  openssl_ genrsa -out "$run/pki/service-account.key" 2048
  openssl_ rsa -in "$run/pki/service-account.key" -pubout -out "$run/pki/service-account.pub"
  certificate apiserver kube-apiserver mhc-cluster "$alternatives"
  certificate admin admin system:masters
  certificate controller-manager system:kube-controller-manager mhc-cluster
  certificate scheduler system:kube-scheduler mhc-cluster
  certificate proxy system:kube-proxy mhc-cluster
  certificate kubelet "system:node:$node" system:nodes "IP:$pod_network.1,DNS:$node"
}

# certificate FILE COMMON_NAME ORGANIZATION [ALTERNATIVE_NAMES]: a key and a certificate signed by the cluster's CA.
certificate() {
  local file=$run/pki/$1 extensions="extendedKeyUsage=clientAuth,serverAuth"
  [ -z "${4:-}" ] || extensions+=$'\n'"subjectAltName=$4"
  openssl_ req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=$3/CN=$2" -keyout "$file.key" -out "$file.csr"
  openssl_ x509 -req -in "$file.csr" -CA "$run/pki/ca.crt" -CAkey "$run/pki/ca.key" -CAcreateserial -days 30 \
    -extfile <(echo "$extensions") -out "$file.crt"
}

# openssl prints progress on standard error also when all is well.
openssl_() { openssl "$@" 2> "$run/log/openssl.log" || fail "openssl: $(cat "$run/log/openssl.log")"; }

make_kubeconfigs() {
  local name
  for name in admin controller-manager scheduler proxy kubelet; do
    jq -n --arg ca "$(base64 -w0 "$run/pki/ca.crt")" \
      --arg certificate "$(base64 -w0 "$run/pki/$name.crt")" --arg key "$(base64 -w0 "$run/pki/$name.key")" '{
        apiVersion: "v1", kind: "Config", "current-context": "mhc",
        clusters: [{name: "mhc", cluster: {server: "https://127.0.0.1:6443", "certificate-authority-data": $ca}}],
        contexts: [{name: "mhc", context: {cluster: "mhc", user: "mhc"}}],
        users: [{name: "mhc", user: {"client-certificate-data": $certificate, "client-key-data": $key}}]
      }' > "$run/$name.conf"
  done
}

configure_containerd() {
  echo "nameserver $dns_address" > "$run/resolv.conf"
  cat > "$run/cni/10-bridge.conflist" << EOF
{
  "cniVersion": "0.4.0",
  "name": "mhc",
  "plugins": [{
    "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
    "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pod_network.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}
  }]
}
EOF
  # restrict_oom_score_adj: without CAP_SYS_RESOURCE a score cannot be lowered.
  cat > "$run/containerd.toml" << EOF
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "mhc-cluster.local/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  tolerate_missing_hugetlb_controller = true
  stream_server_address = "127.0.0.1"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$cache/root/usr/lib/cni"
    conf_dir = "$run/cni"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "$cache/root/usr/sbin/runc"
      SystemdCgroup = false
EOF
}

configure_kubelet() {
  cat > "$run/kubelet.yaml" << EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $pod_network.1
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $run/pki/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: $run/pki/kubelet.crt
tlsPrivateKeyFile: $run/pki/kubelet.key
healthzBindAddress: 127.0.0.1
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup
clusterDomain: cluster.local
clusterDNS: [$dns_address]
resolvConf: $run/resolv.conf
failSwapOn: false
oomScoreAdj: 0
makeIPTablesUtilChains: false
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
nodeStatusUpdateFrequency: 1s
EOF
}

configure_proxy() {
  cat > "$run/proxy.yaml" << EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $run/proxy.conf}
mode: iptables
clusterCIDR: $pod_network.0/24
hostnameOverride: $node
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
oomScoreAdj: 0
conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
EOF
}

# The pod with which the controller-manager empties a released volume; it puts the volume's path in.
configure_recycler() {
  cat > "$run/recycler.yaml" << EOF
apiVersion: v1
kind: Pod
metadata: {name: recycle, namespace: default}
spec:
  restartPolicy: Never
  containers:
    - name: recycle
      image: mhc-cluster.local/busybox:1
      command: [sh, -c, "find /volume -mindepth 1 -maxdepth 1 -exec rm -rf {} +"]
      volumeMounts: [{name: volume, mountPath: /volume}]
  volumes: [{name: volume, hostPath: {path: /replaced}}]
EOF
}
