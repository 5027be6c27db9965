#!/bin/bash
# Makes the trainer's container image from its build output and loads it into the cluster of
# cluster.sh, with no registry and no Docker. Three layers: this machine's shared libraries, .NET
# runtime and SDK documentation (the default training text); libtorch; the trainer. Each is kept
# under the hash of what goes in, so that only what changed is made again.
#
#   trainer-image.sh [NAME]     default: mhc-operator.local/trainer:dev
#
# CONFIGURATION (Release) names the build output, MHC_IMAGE_CACHE the folder of the layers.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
name=${1:-mhc-operator.local/trainer:dev}
layers=${MHC_IMAGE_CACHE:-$HOME/.cache/mhc-operator/image-layers}
busybox=${K8S_CACHE:-$HOME/.cache/mhc-operator/cluster}/root/bin/busybox
dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")
output=$here/../src/Trainer/bin/${CONFIGURATION:-Release}/net10.0/linux-x64
readonly application=opt/mhc corpus=usr/share/mhc/corpus

# Of libtorch's package, what libLibTorchSharp.so loads; the rest is for Python and for its own tests.
readonly torch_files=(libtorch.so libtorch_cpu.so libtorch_global_deps.so libc10.so libgomp-98b21ff3.so.1)
readonly unused_files=(
  libaoti_custom_ops.so libbackend_with_compiler.so libjitbackend_test.so libnnapi_backend.so libshm.so
  libtorch_python.so libtorchbind_test.so '*.pdb'
)

main() {
  [ -x "$output/mhc-trainer" ] || {
    echo "the trainer is not built ($output/mhc-trainer is missing): run make build" >&2
    exit 1
  }
  output=$(realpath "$output")
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  local system torch trainer
  system=$(layer system)
  torch=$(layer torch)
  trainer=$(layer trainer)
  "$here/cluster.sh" image "$name" \
    --env "PATH=/$application:/usr/bin" --env DOTNET_ROOT=/usr/share/dotnet --env DOTNET_EnableDiagnostics=0 \
    --env "MHC_CORPUS=/$corpus" --entrypoint mhc-trainer \
    "$system" "$torch" "$trainer" -- train
}

# Prints the path of a tar file of what `collect_KIND FOLDER` makes of the files that `inputs_KIND` lists.
layer() {
  local kind=$1 key file
  key=$({
    cat "${BASH_SOURCE[0]}"
    "inputs_$kind" | xargs openssl dgst -sha256 -r
  } | sha256sum | cut -c1-16)
  file=$layers/$kind-$key.tar
  if [ ! -e "$file" ]; then
    echo "making the image's layer $kind" >&2
    mkdir -p "$work/$kind" "$layers"
    "collect_$kind" "$work/$kind"
    chmod -R u+rwX,go+rX,go-w "$work/$kind"
    [ ! -d "$work/$kind/tmp" ] || chmod 1777 "$work/$kind/tmp"
    tar -C "$work/$kind" --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -cf "$file.partial.$$" .
    mv "$file.partial.$$" "$file"
    rm -rf "${work:?}/$kind"
  fi
  touch "$file"
  find "$layers" -name "$kind-*" -mtime +3 -delete
  echo "$file"
}

inputs_system() {
  echo "$busybox"
  system_libraries
  find "$dotnet_root/shared" "$dotnet_root/host" -type f
  find "$dotnet_root"/packs/*/*/ref -name '*.xml'
}

# The machine's libraries that the runtime, libtorch or the trainer's own libraries need; OpenSSL, for .NET's
# hashes, and the allocator that the trainer preloads are found only when they are used. Those need others, on Debian 13 at least.
system_libraries() {
  local late
  late=$(ls /usr/lib/x86_64-linux-gnu/lib{ssl.so.3,crypto.so.3,tcmalloc_minimal.so.4})
  {
    # shellcheck disable=SC2086  # one word each
    find "$output" "$dotnet_root/shared" -name '*.so*' -type f -print0 |
      xargs -0 ldd "$dotnet_root/dotnet" $late 2> /dev/null |
      sed -nE 's#^\s(.* => )?(/(usr/)?lib(64)?/[^ ]+) \(0x.*#\2#p'
    echo "$late"
  } | sort -u
}

collect_system() {
  local root=$1 path program
  mkdir -p "$root"/{etc,tmp,root,proc,sys,dev,usr/{bin,lib/x86_64-linux-gnu,lib64,share/dotnet}} "$root/$corpus"
  ln -s usr/bin usr/lib usr/lib64 "$root/"
  for path in $(system_libraries); do
    case $path in
      */ld-linux-*) cp -L "$path" "$root/usr/lib64/" ;;
      *) cp -L "$path" "$root/usr/lib/x86_64-linux-gnu/" ;;
    esac
  done
  cp "$busybox" "$root/usr/bin/"
  for program in sh cat df env grep head id kill ls nc nslookup ps sed seq sleep tail wget; do # to look around with kubectl exec
    ln -s busybox "$root/usr/bin/$program"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\nmhc:x:65532:65532:mhc:/tmp:/bin/sh\n' > "$root/etc/passwd"
  printf 'root:x:0:\nmhc:x:65532:\n' > "$root/etc/group"
  echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
  cp -r "$dotnet_root"/{dotnet,host,shared} "$root/usr/share/dotnet/"
  (cd "$dotnet_root/packs" && find ./*/*/ref -name '*.xml' -exec cp --parents --target-directory "$root/$corpus" {} +)
}

inputs_torch() { find "$output" -maxdepth 1 "(" "${torch_names[@]}" ")"; }

collect_torch() {
  mkdir -p "$1/$application"
  inputs_torch | xargs cp --target-directory "$1/$application"
  strip --strip-unneeded "$1/$application/libtorch_cpu.so"
}

# Everything else of the build output.
inputs_trainer() { find "$output" -type f -not "(" "${torch_names[@]}" -o "${unused_names[@]}" ")"; }

collect_trainer() {
  mkdir -p "$1/$application"
  inputs_trainer | (cd "$output" && sed "s#^$output/##" | xargs cp --parents --target-directory "$1/$application")
}

# any_of ARRAY PATTERN...: an expression for find.
any_of() {
  local -n expression=$1
  local pattern
  shift
  for pattern in "$@"; do expression+=(-o -name "$pattern"); done
  expression=("${expression[@]:1}")
}
torch_names=() unused_names=()
any_of torch_names "${torch_files[@]}"
any_of unused_names "${unused_files[@]}"
main
