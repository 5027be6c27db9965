#!/usr/bin/env bash
# Whole training steps, and an mHC layer without its sublayer, beside the same model in PyTorch, the better of eager and
# torch.compile, in turns: SIZES (512:8:512:4 256:4:256:8, each WIDTH:HEADS:CONTEXT:BATCH) in PRECISIONS (Float32 BFloat16), medians
# of ROUNDS (5) rounds with THREADS threads (2) and LAYERS layers (6). The first time it makes a folder with PyTorch
# (eng/pytorch.sh, as root); PYTHON names another Python that has it. Writes artifacts/bench/pytorch.json. TRAINER (the program) can
# be set too.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=bench/common.sh
source bench/common.sh
# shellcheck source=bench/results.sh
source bench/results.sh
read -r -a sizes <<< "${SIZES:-512:8:512:4 256:4:256:8}"
read -r -a precisions <<< "${PRECISIONS:-Float32 BFloat16}"
bench/pytorch/compare.py --trainer "$trainer" --json "$folder/rows.json" ${PYTHON:+--python "$PYTHON"} --sizes "${sizes[@]}" --precisions "${precisions[@]}" \
  --layers "${LAYERS:-6}" --rounds "${ROUNDS:-5}" --threads "${THREADS:-2}"
keep pytorch "$folder/rows.json"
