#!/bin/bash
# Makes sure that promtool is there, with which tests check what is served at /metrics: Debian 12's package prometheus, unpacked and not
# installed, which would start a server.
#
#   prometheus.sh    prints the folder with its programs
#
# PROMETHEUS_CACHE names another cache.
set -euo pipefail
cache=${PROMETHEUS_CACHE:-$HOME/.cache/mhc-operator/prometheus}

fail() {
  echo "prometheus.sh: $*" >&2
  exit 1
}

# shellcheck source=eng/own-apt.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/own-apt.sh"

fetch() {
  local mirror
  echo "unpacking Debian's package prometheus" >&2
  rm -rf "$cache/apt" "$cache/debs" "$cache/root"
  mkdir -p "$cache/debs" "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$cache/apt/sources.d"
  : > "$cache/apt/status" # nothing is installed there
  own_apt_options=(-o Dir::State::status="$cache/apt/status")
  mirror=$(debian_mirror)
  printf 'Types: deb\nURIs: %s\nSuites: bookworm\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$mirror" \
    > "$cache/apt/sources.d/debian.sources"
  own_apt update -qq
  (cd "$cache/debs" && own_apt download -qq prometheus)
  dpkg -x "$cache"/debs/prometheus_*.deb "$cache/root.partial"
  rm -rf "$cache/debs" "$cache/apt"
  mv "$cache/root.partial" "$cache/root"
}

mkdir -p "$cache"
( # one at a time, for two test runs may share the cache
  flock 9
  [ -x "$cache/root/usr/bin/promtool" ] || fetch
) 9> "$cache/lock"
echo "$cache/root/usr/bin"
