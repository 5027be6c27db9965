# shellcheck shell=bash
# What a machine must have to run this cluster.

# Prints what is missing and fails; silent where nothing is.
check() {
  local missing=() tool
  [ "$(id -u)" = 0 ] || missing+=("root")
  # shellcheck source=/dev/null
  [[ $(. /etc/os-release && echo "${ID:-}-${VERSION_CODENAME:-}") = debian-@(bookworm|trixie) ]] ||
    missing+=("Debian 12 or 13, with which the packages of Debian 12 run that the cluster is made of")
  for tool in apt-get curl dpkg-source flock gcc ip jq nsenter openssl pgrep unshare; do
    command -v "$tool" > /dev/null || missing+=("the program $tool")
  done
  # The kubelet of 1.20 knows version 1 of the control groups only.
  [ -d /sys/fs/cgroup/memory ] && [ -d /sys/fs/cgroup/cpuset ] && [ -w /sys/fs/cgroup/memory ] ||
    missing+=("writable version 1 control groups in /sys/fs/cgroup")
  if [ "$(id -u)" = 0 ] && ! unshare --net --mount --pid --fork true 2> /dev/null; then
    missing+=("the right to make network, mount and process namespaces")
  fi
  [ ${#missing[@]} -eq 0 ] || {
    local list
    printf -v list '%s; ' "${missing[@]}"
    echo "this machine lacks: ${list%; }"
    return 1
  }
}
