#!/bin/bash
# Builds the part of a current Kubernetes API server that holds custom resources, for `make test-cel`: the cluster's
# own API server (1.20) does not know CEL. Debian unstable has its sources (apiextensions-apiserver, a main program)
# and the Go that they need. They are unpacked, not installed, and are gone when it is built.
#
#   cel-server.sh    build it where it is not there yet (3 minutes on 2 cores, 3 GB of disk meanwhile)
set -euo pipefail
cache=${CEL_CACHE:-$HOME/.cache/mhc-operator/cel}
program=$cache/apiextensions-apiserver
version=''
readonly sources=k8s.io/apiextensions-apiserver sources_package=golang-k8s-apiextensions-apiserver-dev go_package=golang-go

say() { echo "[cel-server $(date +%T)] $*" >&2; }

fail() {
  say "$*"
  exit 1
}

# shellcheck source=eng/own-apt.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/own-apt.sh"

# Only what is written in Go: with its C library and tools a program built without them has nothing to do.
unpack() {
  local package
  local -a packages
  own_apt install --simulate --no-install-recommends "$sources_package" "$go_package"
  mapfile -t packages < <(awk '/^Inst golang-/ {print $2}' "$cache/apt/log")
  # 0.36.4-1 of the libraries is Kubernetes 1.36.4.
  version=$(sed -nE "s/^Inst $sources_package \(0\.([0-9.]+)-.*/1.\1/p" "$cache/apt/log")
  mkdir -p "$work/debs"
  (cd "$work/debs" && own_apt download -qq "${packages[@]}")
  for package in "$work"/debs/*.deb; do dpkg -x "$package" "$work/root"; done
  rm -rf "$work/debs"
}

build() {
  local go stamp=k8s.io/component-base/version.git
  go=$(find "$work"/root/usr/lib -maxdepth 1 -name 'go-*' | sort -V | tail -n 1)
  say "building apiextensions-apiserver $version with $(basename "$go") (about 3 minutes on 2 cores)"
  # The unpacked packages are one GOPATH; links between them are relative.
  GO111MODULE=off GOPATH=$work/root/usr/share/gocode GOROOT=$go GOFLAGS='' GOTOOLCHAIN=local GOCACHE=$work/gocache CGO_ENABLED=0 \
    "$go/bin/go" build -p "$(nproc)" -trimpath -o "$program.partial" \
    -ldflags "-s -w -X ${stamp}Version=v$version -X ${stamp}Major=1 -X ${stamp}Minor=$(cut -d. -f2 <<< "$version")" "$sources"
  mv "$program.partial" "$program"
}

fetch() {
  mkdir -p "$cache"
  ( # one at a time
    flock 9
    [ ! -x "$program" ] || return 0
    work=$(mktemp -d "$cache/build.XXXXXX")
    trap 'chmod -R u+w "$work"; rm -rf "$work" "$cache/apt"' EXIT
    say "unpacking Debian unstable's packages"
    debian_suite deb sid
    unpack
    build
  ) 9> "$cache/lock"
}

fetch
