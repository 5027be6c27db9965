# shellcheck shell=bash
# $folder, which goes with the script that sources this, as do the processes in $pids. FOLDER says where $folder is made (/tmp).
folder=$(mktemp -d -p "${FOLDER:-/tmp}")
pids=()
trap 'kill -9 "${pids[@]}" 2> /dev/null || true; rm -rf "$folder"' EXIT
