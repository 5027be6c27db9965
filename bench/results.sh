# shellcheck shell=bash
# The rows of a bench's artifacts/bench/NAME.json. Sourced after folder.sh or common.sh.
# shellcheck disable=SC2154  # $folder is set there

# row METRIC VALUE UNIT [BASELINE [TARGET LIMIT]]: LIMIT says what is held to the target: "value <=", "value >=", "ratio <=" or "ratio >=",
# where the ratio is that of the value to the baseline.
row() {
  printf '%s|%s|%s|%s|%s|%s\n' "$1" "$2" "$3" "${4:-}" "${5:-}" "${6:-}" >> "$folder/rows"
}

# write_results NAME: writes the rows, and prints them.
write_results() {
  mkdir -p artifacts/bench
  jq -Rn '
    def number: if . == "" then null else tonumber end;
    [inputs | split("|")
      | {metric: .[0], value: (.[1] | number), unit: .[2], baseline: (.[3] | number), target: (.[4] | number), limit: .[5]}
      | .ratio = (if .baseline then .value / .baseline else null end)
      | .met = (if .target == null then null else
          (if .limit | startswith("ratio") then .ratio else .value end) as $held
          | $held != null and (if .limit | endswith("<=") then $held <= .target else $held >= .target end) end)
      | {metric, value, unit, baseline, ratio, target, met}]' "$folder/rows" > "artifacts/bench/$1.json"
  jq -r '.[] | "\(.metric): \(.value) \(.unit)" + (if .baseline then ", compared with \(.baseline): \(.ratio)" else "" end)
    + (if .target == null then "" else ", target \(.target): " + (if .met then "met" else "MISSED" end) end)' "artifacts/bench/$1.json"
}

# median and largest of the numbers in a file, one a line
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
largest() { sort -n "$1" | tail -n 1; }
