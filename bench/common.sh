# shellcheck shell=bash
# What the scripts that run trainers share: $trainer (the program; TRAINER names another), and $folder and $pids.
trainer=${TRAINER:-$PWD/src/Trainer/bin/${CONFIGURATION:-Release}/net10.0/linux-x64/mhc-trainer}
[ -x "$trainer" ] || { echo "no trainer at $trainer: run 'make build', or set TRAINER" >&2; exit 2; }
# shellcheck source=bench/folder.sh
source bench/folder.sh
