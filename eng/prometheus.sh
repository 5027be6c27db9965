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

keep_debian prometheus prometheus-alertmanager
echo "$cache/root/usr/bin"
