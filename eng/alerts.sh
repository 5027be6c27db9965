#!/bin/bash
# Checks and tests what monitoring/, the chart's alerts and dashboards, and docs/runbooks say: rules rendered and compared, promtool, amtool, a real
# Prometheus and Alertmanager on loopback, conventions, commands of the runbooks. One result for each check.
#
#   alerts.sh [OPTION...]    options of the test program, such as --filter-class '*RuleTests*'
#
# MHC_REGENERATE=1 writes what is generated: monitoring/rules.yaml and docs/runbooks/README.md.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."
configuration=${CONFIGURATION:-Release}
eng/prometheus.sh > /dev/null
eng/helm.sh 4 > /dev/null
eng/build-dotnet.sh tests/Monitoring.Tests/Monitoring.Tests.csproj
"tests/Monitoring.Tests/bin/$configuration/net10.0/linux-x64/Monitoring.Tests" --no-progress --no-ansi --output Detailed "$@"
