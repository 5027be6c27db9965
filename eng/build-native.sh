#!/usr/bin/env bash
# Builds libmhc_native.so and libmhc_collectives.so into build/native (build/native-sanitize with --sanitize).
#
#   eng/build-native.sh [--sanitize] [--test] [--older] [--bench] [--only NAME]
#
#   --sanitize  with AddressSanitizer and UndefinedBehaviorSanitizer
#   --test      build and run the native tests too; ends with the line "native: N passed, N failed"
#   --older     build them, and run some sizes of each on emulated processors: one that has AVX2 and no AVX-512, and one that has
#               neither; ends with the same line
#   --only      run the test of this name alone
#   --bench     build build/native/bench_kernels, bench_collectives and bench_products too
#
# Missing Debian packages are installed when run as root; otherwise they are named and the script exits with 1.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

sanitize=OFF folder=native test=no older=no only='' targets=(mhc_native mhc_collectives)
while (( $# > 0 )); do
  case $1 in
    --sanitize) sanitize=ON folder=native-sanitize ;;
    --test) test=yes targets+=(native_tests) ;;
    --older) older=yes targets+=(native_tests) ;;
    --bench) targets+=(bench_kernels bench_collectives bench_products) ;;
    --only)
      (( $# > 1 )) || { echo "build-native.sh: a test's name was expected after --only" >&2; exit 2; }
      only=$2
      shift
      ;;
    *) echo "build-native.sh: unknown argument '$1'; expected --sanitize, --test, --older, --bench or --only" >&2; exit 2 ;;
  esac
  shift
done
if [[ -n $only ]]; then targets=("${targets[@]/native_tests/test_$only}"); fi
build=$root/build/$folder

missing=()
command -v cmake > /dev/null || missing+=(cmake)
command -v g++ > /dev/null || missing+=(g++)
command -v ninja > /dev/null || command -v make > /dev/null || missing+=(ninja-build)
# gloo's headers include hiredis's.
[[ -e /usr/include/gloo/context.h ]] || missing+=(libgloo-dev)
[[ -e /usr/include/hiredis/hiredis.h ]] || missing+=(libhiredis-dev)
[[ $older == no ]] || command -v qemu-x86_64 > /dev/null || missing+=(qemu-user)
if (( ${#missing[@]} > 0 )); then
  if (( EUID != 0 )) || ! command -v apt-get > /dev/null; then
    echo "build-native.sh: these Debian packages are missing: ${missing[*]}" >&2
    echo "build-native.sh: install them with: sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
  apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update > /dev/null
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" install --no-install-recommends "${missing[@]}" > /dev/null
fi

# Several projects' builds may call this at once.
mkdir -p "$build"
exec 9> "$build/.lock"
flock 9

# The same sources are compiled once a machine, in whichever clone and on whichever branch they are.
launcher=()
if command -v ccache > /dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  export CCACHE_DIR=$HOME/.cache/mhc-operator/ccache CCACHE_MAXSIZE=500M CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
fi

if [[ ! -e $build/CMakeCache.txt ]]; then
  generator=(); if command -v ninja > /dev/null; then generator=(-G Ninja); fi
  cmake -S "$root/native" -B "$build" "${generator[@]}" "${launcher[@]}" -DMHC_SANITIZE=$sanitize > "$build/configure.log" ||
    { cat "$build/configure.log" >&2; rm -f "$build/CMakeCache.txt"; exit 1; }
fi
cmake --build "$build" --parallel "$(nproc)" --target "${targets[@]}" > "$build/build.log" ||
  { cat "$build/build.log" >&2; exit 1; }

# What runs on emulated processors has the label `older`.
selection=()
if [[ $test == yes ]]; then selection=(--label-exclude older); fi
if [[ $older == yes ]]; then selection=(--label-regex older); fi
if [[ -n $only ]]; then selection+=(--tests-regex "^$only(_on_.*)?\$"); fi
if (( ${#selection[@]} > 0 )); then
  log=$build/test.log code=0
  ctest --test-dir "$build" --verbose --timeout 1800 --parallel "$(nproc)" "${selection[@]}" 2>&1 | tee "$log" || code=$?
  awk '$3 == "passed," && $5 == "failed" { passed += $2; failed += $4 }
       / this processor cannot run the build / { print "not checked: the build " $NF ", which this processor cannot run" }
       END { printf "native: %d passed, %d failed\n", passed, failed }' "$log"
  exit "$code"
fi
