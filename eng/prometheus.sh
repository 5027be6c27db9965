#!/bin/bash
# Makes sure that Prometheus and Alertmanager are there, with promtool and amtool, by which tests check metrics and alerts: Debian 12's packages,
# unpacked and not installed, which would start servers.
#
#   prometheus.sh    prints the folder with their programs
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
  echo "unpacking Debian's packages prometheus and prometheus-alertmanager" >&2
  rm -rf "$cache/debs" "$cache/root" "$cache/root.partial"
  mkdir -p "$cache"
  debian_suite deb
  unpack_debian "$cache/root.partial" prometheus prometheus-alertmanager
  rm -rf "$cache/debs" "$cache/apt"
  mv "$cache/root.partial" "$cache/root"
}

mkdir -p "$cache"
( # one at a time, for two test runs may share the cache
  flock 9
  [ -x "$cache/root/usr/bin/prometheus-alertmanager" ] || fetch
) 9> "$cache/lock"
echo "$cache/root/usr/bin"
