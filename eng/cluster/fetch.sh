# shellcheck shell=bash
# Fills the cache: Debian's packages unpacked (not installed, which would start services), and
# Kubernetes built from Debian's source package.

readonly debian_packages=(
  etcd-server containerd runc containernetworking-plugins busybox-static dnsmasq-base conntrack
  iptables libip4tc2 libip6tc2 libxtables12 libnetfilter-conntrack3 libnfnetlink0 libnftables1 libnftnl11 libdbus-1-3
  golang-1.19-go golang-1.19-src golang-github-modern-go-reflect2-dev
)
readonly components=(kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl kube-proxy)

fetch() {
  mkdir -p "$cache"
  ( # one at a time, for two test runs may share the cache
    flock 9
    [ "$(cat "$cache/root/.done" 2> /dev/null)" = "${debian_packages[*]}" ] || unpack_packages
    build_kubernetes
    [ -x "$cache/bin/pause" ] || build_pause
  ) 9> "$cache/lock"
}

unpack_packages() {
  say "unpacking Debian packages"
  rm -rf "$cache/debs" "$cache/root"
  debian_suite "deb deb-src"
  unpack_debian "$cache/root" "${debian_packages[@]}"
  local name
  for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -sf xtables-nft-multi "$cache/root/usr/sbin/$name"
  done
  require_libraries
  echo "${debian_packages[*]}" > "$cache/root/.done"
}

# A program whose library neither the packages nor the machine have would not start, and the cluster would seem to come up.
require_libraries() {
  local program lacking
  for program in /usr/sbin/{dnsmasq,conntrack,xtables-nft-multi,runc} /usr/bin/{containerd,etcd}; do
    lacking=$(LD_LIBRARY_PATH=$libraries ldd "$cache/root$program" | sed -n 's/ => not found$//p' || true)
    [ -z "$lacking" ] || fail "$program needs what this machine lacks: $lacking"
  done
}

build_kubernetes() {
  local missing=() component
  grep -qs 'ContainerGCPeriod = time.Second' "$cache/src/pkg/kubelet/kubelet.go" || rm -f "$cache/bin/kubelet" # built before that was mended
  for component in "${components[@]}"; do
    [ -x "$cache/bin/$component" ] || missing+=("$component")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "building ${missing[*]} (about 7 minutes on 2 cores)"
  if [ ! -d "$cache/src" ]; then
    (cd "$cache/debs" && own_apt source -qq --download-only kubernetes)
    rm -rf "$cache/src.partial"
    dpkg-source --no-check -x "$cache"/debs/kubernetes_*.dsc "$cache/src.partial" > /dev/null
    mv "$cache/src.partial" "$cache/src"
  fi
  GOROOT=$cache/root/usr/lib/go-1.19 GOCACHE=$cache/gocache \
    REFLECT2=$cache/root/usr/share/gocode/src/github.com/modern-go/reflect2 \
    "$parts/build-kubernetes.sh" "$cache/src" "$cache/bin" "${missing[@]}" >&2
  rm -rf "$cache/gocache" # 1.7 GB that nothing needs again
}

# The process that holds a pod's namespaces.
build_pause() {
  gcc -static -Os -s -x c - -o "$cache/bin/pause" << 'C'
#include <signal.h>
#include <unistd.h>
static void end(int signal) { _exit(0); }
int main() {
    signal(SIGTERM, end);
    signal(SIGINT, end);
    for (;;)
        pause();
}
C
}
