# shellcheck shell=bash
# A bench's artifacts/bench/NAME.json: its rows, and the conditions of the run. Sourced after folder.sh or common.sh, when the bench begins.
# shellcheck disable=SC2154  # $folder is set there
run_date=$(date -u +%FT%TZ) run_commit=$(git describe --always --abbrev=12 --dirty --exclude='*') run_load=$(cut -d ' ' -f 1 /proc/loadavg)

# What was set for this run by hand, as a shell would set it.
run_settings=
for run_name in BLOCKS CHANNELS EQUAL GANGS IDLE INTERVAL JOBS KILLS LAYERS LIMIT PATIENCE PRECISIONS PROCESSES RANKS ROUNDS SEED SETTINGS SIZES STEPS STOPS THREADS \
  TOKENS MHC_ALLOCATOR MHC_ISA MHC_MATRIX_PRODUCTS OMP_WAIT_POLICY; do
  case "${!run_name:-}" in
    '') ;;
    *' '*) run_settings+="$run_name=\"${!run_name}\" " ;;
    *) run_settings+="$run_name=${!run_name} " ;;
  esac
done

# The vector instructions that the kernels use.
instructions() {
  local flags
  flags=" $(sed -n 's/^flags[^:]*: //p' /proc/cpuinfo | head -n 1) "
  case "$flags" in
    *' avx512_bf16 '*) echo "AVX-512 with bfloat16" ;;
    *' avx512f '*) echo AVX-512 ;;
    *' avx2 '*) echo AVX2 ;;
    *) echo "no AVX2" ;;
  esac
}

# keep NAME ROWS: writes artifacts/bench/NAME.json of a file with rows.
keep() {
  mkdir -p artifacts/bench
  jq -n --arg date "$run_date" --arg commit "$run_commit" --arg machine "$(lscpu | sed -n 's/^Model name: *//p' | head -n 1)" \
    --arg instructions "$(instructions)" --argjson processors "$(nproc)" --arg load "$run_load" --arg settings "${run_settings% }" \
    --argjson memoryGiB "$(awk '/^MemTotal:/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)" --slurpfile rows "$2" \
    '{date: $date, commit: $commit, machine: $machine, instructions: $instructions, processors: $processors, memoryGiB: $memoryGiB,
      load: ($load | tonumber), settings: $settings, rows: $rows[0]}' > "artifacts/bench/$1.json"
}

# row METRIC VALUE UNIT [BASELINE [TARGET LIMIT]]: LIMIT says what is held to the target: "value <=", "value >=", "ratio <=" or "ratio >=",
# where the ratio is that of the value to the baseline.
row() {
  printf '%s|%s|%s|%s|%s|%s\n' "$1" "$2" "$3" "${4:-}" "${5:-}" "${6:-}" >> "$folder/rows"
}

# write_results NAME: writes the rows, and prints them.
write_results() {
  jq -Rn '
    def number: if . == "" then null else tonumber end;
    [inputs | split("|")
      | {metric: .[0], value: (.[1] | number), unit: .[2], baseline: (.[3] | number), target: (.[4] | number), limit: .[5]}
      | .ratio = (if .baseline then .value / .baseline else null end)
      | .met = (if .target == null then null else
          (if .limit | startswith("ratio") then .ratio else .value end) as $held
          | $held != null and (if .limit | endswith("<=") then $held <= .target else $held >= .target end) end)
      | {metric, value, unit, baseline, ratio, target, met}]' "$folder/rows" > "$folder/rows.json"
  keep "$1" "$folder/rows.json"
  jq -r '.rows[] | "\(.metric): \(.value) \(.unit)" + (if .baseline then ", compared with \(.baseline): \(.ratio)" else "" end)
    + (if .target == null then "" else ", target \(.target): " + (if .met then "met" else "MISSED" end) end)' "artifacts/bench/$1.json"
}

# median and largest of the numbers in a file, one a line
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
largest() { sort -n "$1" | tail -n 1; }
