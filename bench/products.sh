#!/usr/bin/env bash
# The matrix products of linear layers, ours beside MKL's (which libtorch brings along), OpenBLAS's and BLIS's (Debian 12's, fetched once),
# in GFLOP/s: widths of 128 to 2,048, forward, gradient of the input and of the weights. Medians of ROUNDS interleaved rounds (7) with THREADS
# threads (2). MHC_ISA=avx2 holds all of them to AVX2. Prints a table and writes artifacts/bench/products.json.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=bench/folder.sh
source bench/folder.sh
# shellcheck source=bench/results.sh
source bench/results.sh
cache=$HOME/.cache/mhc-operator/blas
fail() {
  echo "products.sh: $*" >&2
  exit 1
}
# shellcheck source=eng/own-apt.sh
source eng/own-apt.sh
keep_debian libblis4-openmp libopenblas0-openmp
eng/build-native.sh --bench

libraries=$PWD/src/Trainer/bin/${CONFIGURATION:-Release}/net10.0/linux-x64 debian=$cache/root/usr/lib/x86_64-linux-gnu
[ "${MHC_ISA:-}" != avx2 ] || export OPENBLAS_CORETYPE=Zen BLIS_ARCH_TYPE=zen MKL_ENABLE_INSTRUCTIONS=AVX2
LD_LIBRARY_PATH=$libraries build/native/bench_products "${THREADS:-2}" "${ROUNDS:-7}" MKL="$libraries/libtorch_cpu.so" \
  OpenBLAS="$debian/openblas-openmp/libopenblas.so.0" BLIS="$debian/blis-openmp/libblis.so.4" | tee "$folder/all"

# Ours beside the best of the others.
awk '{ key = $1 " " $2 " " $3 }
     $4 == "ours" { order[++count] = key; ours[key] = $5 }
     $4 != "ours" && $5 > best[key] { best[key] = $5; name[key] = $4 }
     END {
       words["forward"] = "forward"; words["input"] = "gradient of the input"; words["weights"] = "gradient of the weights"
       for (i = 1; i <= count; i++) {
         split(order[i], part, " ")
         printf "width %s, %s, %s; beside %s\t%s\t%s\n", part[1], words[part[2]], part[3], name[order[i]], ours[order[i]], best[order[i]]
       }
     }' "$folder/all" > "$folder/best"
while IFS=$'\t' read -r metric value baseline; do
  row "$metric" "$value" GFLOP/s "$baseline"
done < "$folder/best"
write_results products
