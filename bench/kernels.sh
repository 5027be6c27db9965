#!/usr/bin/env bash
# The mHC kernels against the same operations composed of torch's, and against the copy bandwidth: medians of ROUNDS interleaved rounds (15)
# with THREADS threads (2), TOKENS tokens (2048) and CHANNELS channels (512). Prints a table and writes artifacts/bench/kernels.json.
# TRAINER (the program) can be set too.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=bench/common.sh
source bench/common.sh
# shellcheck source=bench/results.sh
source bench/results.sh
"$trainer" bench-kernels --threads "${THREADS:-2}" --rounds "${ROUNDS:-15}" --tokens "${TOKENS:-2048}" --channels "${CHANNELS:-512}" \
  --json "$folder/rows.json"
keep kernels "$folder/rows.json"
