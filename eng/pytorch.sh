#!/bin/bash
# Runs a command where there is a current PyTorch with torch.compile, for `make bench-pytorch`: in a folder with Debian
# unstable, which is made the first time (as root; a download of 0.6 GB, 1.9 GB of disk). Nothing else on this machine changes.
#
#   pytorch.sh FOLDER COMMAND...    FOLDER is seen there as /bench, where the command runs
#
# PYTORCH_CACHE (~/.cache/mhc-operator/pytorch) says where that folder is.
set -euo pipefail
cache=${PYTORCH_CACHE:-$HOME/.cache/mhc-operator/pytorch}
root=$cache/root
# OpenBLAS's build with OpenMP: the stock BLAS takes fifty times as long. torch.compile needs the headers of Python, libtorch and
# libsleef, and without the last it writes code without vector instructions, and does not say so.
readonly packages=python3,python3-dev,python3-numpy,python3-torch,g++,libopenblas0-openmp,libtorch-dev,libsleef-dev

[ $# -ge 2 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }

fail() {
  echo "pytorch.sh: $*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail "root is needed, to make a folder with another Debian in it"
folder=$(realpath "$1")
shift

# Into a folder of another name first, so that a half-made one is never used.
make_root() {
  local site log=$cache/debootstrap.log
  # shellcheck source=eng/own-apt.sh
  source eng/own-apt.sh
  eng/setup.sh debootstrap
  site=$(debian_mirror)
  echo "pytorch.sh: making $root, some minutes" >&2
  rm -rf "$root.new"
  debootstrap --force-check-gpg --keyring=/usr/share/keyrings/debian-archive-keyring.gpg --variant=minbase --include="$packages" sid "$root.new" "$site" > "$log" 2>&1 || {
    tail -n 20 "$log" >&2
    exit 1
  }
  rm -rf "$root.new/var/cache/apt/archives"
  mkdir -p "$root.new/bench" "$root.new/var/cache/inductor"
  mv "$root.new" "$root"
}

mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
[ -d "$root" ] || (cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.." && make_root 9>&-)
exec 9>&-

# glibc is told to keep what is freed, as our trainer's allocator does. The mounts are this command's own.
# shellcheck disable=SC2016
exec unshare --mount --propagation private bash -c '
  mount --bind /proc "$1/proc" && mount --rbind /dev "$1/dev" && mount --bind "$2" "$1/bench" || exit
  root=$1
  shift 2
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TMPDIR=/tmp TORCHINDUCTOR_CACHE_DIR=/var/cache/inductor LD_PRELOAD=libsleef.so.3 \
    GLIBC_TUNABLES=glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=8589934592 \
    chroot "$root" env -C /bench "$@"' bash "$root" "$folder" "$@"
