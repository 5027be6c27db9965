# shellcheck shell=bash
# What the scripts that run trainers share: $trainer (the program; TRAINER names another) and $folder, which goes with the script, as do the
# processes in $pids. FOLDER says where $folder is made (/tmp).
trainer=${TRAINER:-$PWD/src/Trainer/bin/${CONFIGURATION:-Release}/net10.0/linux-x64/mhc-trainer}
[ -x "$trainer" ] || { echo "no trainer at $trainer: run 'make build', or set TRAINER" >&2; exit 2; }
folder=$(mktemp -d -p "${FOLDER:-/tmp}")
pids=()
trap 'kill -9 "${pids[@]}" 2> /dev/null || true; rm -rf "$folder"' EXIT
