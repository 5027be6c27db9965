#!/bin/bash
# Writes anew what is made from something else, each by the test that holds it: the plain definition and the resource's page from crds/cel, the
# chart's copies and deploy/ from these, metrics.md from the metrics, rules and runbooks from the chart, the notices from the packages.
# Build before.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."
export MHC_REGENERATE=1

# generate PROJECT TEST...: what one makes, those after it may read.
generate() {
  local project=$1 test
  shift
  for test; do
    "tests/$project/bin/${CONFIGURATION:-Release}/net10.0/linux-x64/$project" --no-progress --no-ansi --filter-method "$test" > build/generate.log ||
      { cat build/generate.log >&2; exit 1; }
  done
}

generate Api.Tests '*PodFieldsTests.*' '*ResourceReferenceTests.*'
generate Operator.Tests '*MetricsReferenceTests.*'
generate Chart.Tests '*ObjectTests.The_definitions_are_those_of_the_repository' '*ReadmeTests.*' '*DeployTests.*'
generate Monitoring.Tests '*RuleTests.*' '*RunbookTests.*'
generate Images.Tests '*NoticesTests.*'
git status --short
