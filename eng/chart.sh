#!/bin/bash
# Makes the chart's package after all has been tried that needs no server: lint, rendering with many values for many servers by three Helms,
# refusals, and whether deploy/ and the chart's README are what the chart makes of its defaults.
#
#   chart.sh    prints the package's digest; it is in artifacts/chart
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."
eng/build-dotnet.sh tests/Chart.Tests/Chart.Tests.csproj
"tests/Chart.Tests/bin/${CONFIGURATION:-Release}/net10.0/linux-x64/Chart.Tests" --no-progress --no-ansi
rm -rf artifacts/chart
"$(eng/helm.sh 4)/helm" package charts/mhc-operator --destination artifacts/chart > /dev/null
(cd artifacts/chart && sha256sum ./*.tgz)
