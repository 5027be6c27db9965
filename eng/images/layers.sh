# shellcheck shell=bash
# The layers of the images. Each is kept in $layers under the hash of what goes in, so that only what changed is made again:
#   KIND-KEY.tar.gz      the layer
#   KIND-KEY.origins     lines "PATH<tab>SOURCE": from where on this machine each file that is not our own text came
#   KIND-KEY.json        {file, origins, digest, size, diffId, flat}; written last
# shellcheck disable=SC2154  # root, output, program, work, busybox, dotnet_root and packages are set by images.sh

readonly layers=${MHC_IMAGE_CACHE:-$HOME/.cache/mhc-operator/image-layers}
readonly application=opt/mhc corpus=usr/share/mhc/corpus libraries=usr/lib/x86_64-linux-gnu
# What the shell is needed for: stack dumps (`sh -c 'kill -QUIT 1'`), and to look around with kubectl exec.
readonly applets=(sh cat df env grep head id kill ls nc nslookup ps sed seq sleep tail wget)

# Of libtorch's package, what libLibTorchSharp.so loads; the rest is for Python and for its own tests.
readonly torch_files=(libtorch.so libtorch_cpu.so libtorch_global_deps.so libc10.so libgomp-98b21ff3.so.1)
readonly unused_files=(
  libaoti_custom_ops.so libbackend_with_compiler.so libjitbackend_test.so libnnapi_backend.so libshm.so
  libtorch_python.so libtorchbind_test.so '*.pdb'
)

# layer KIND: prints the path of its description. `inputs_KIND` lists the files that go in, `collect_KIND` puts them into $layer.
layer() {
  local kind=$1 key made layer=$work/$1 origins=$work/$1.origins
  key=$({
    cat "${BASH_SOURCE[0]}"
    "inputs_$kind" | LC_ALL=C sort | xargs -d '\n' openssl dgst -sha256 -r | sed "s# \*$output/# #; s# \*$root/# #; s# \*$busybox/# #"
  } | sha256sum | cut -c1-16)
  made=$layers/$kind-$key
  mkdir -p "$layers"
  ( # one at a time, for others may share the cache
    flock 8
    [ -e "$made.json" ] || make_layer "$kind" "$made"
    touch "$made.json" # the layer itself may be what another build is reading
    drop_unused "$kind"
  ) 8> "$layers/$kind.lock"
  echo "$made.json"
}

# Layers that nobody has asked for in three days, and what is left of those that were never finished.
drop_unused() {
  local name
  find "$layers" -name "$1-*" -mtime +3 -printf '%f\n' | while read -r name; do
    [ -n "$(find "$layers/${name%%.*}.json" -mtime -3 2> /dev/null)" ] || rm -f "$layers/$name"
  done
}

# tree KIND... FOLDER: puts what these have into a folder, as a Containerfile copies it.
tree() {
  local layer=${*: -1} origins=$work/origins kind
  mkdir -p "$layer"
  for kind in "${@:1:$#-1}"; do "collect_$kind"; done
  chmod -R u+rwX,go+rX,go-w "$layer"
}

make_layer() { # KIND FILE
  local kind=$1 made=$2 partial=$2.partial
  echo "making the images' layer $kind" >&2
  mkdir -p "$layer"
  : > "$origins"
  "collect_$kind"
  chmod -R u+rwX,go+rX,go-w "$layer"
  [ ! -d "$layer/tmp" ] || chmod 1777 "$layer/tmp"
  tar -C "$layer" --format=gnu --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -cf "$partial.tar" .
  gzip -n -6 < "$partial.tar" > "$made.tar.gz"
  LC_ALL=C sort -u -o "$made.origins" "$origins"
  jq -n --arg file "$made.tar.gz" --arg origins "$made.origins" --arg digest "$(digest "$made.tar.gz")" --arg diffId "$(digest "$partial.tar")" \
    --argjson size "$(stat -c %s "$made.tar.gz")" --argjson flat "$(find "$layer" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')" \
    '{file: $file, origins: $origins, digest: $digest, size: $size, diffId: $diffId, flat: $flat}' > "$partial.json"
  mv "$partial.json" "$made.json"
  rm -rf "$partial.tar" "${layer:?}"
}

digest() { openssl dgst -sha256 -r "$1" | sed 's/^\([0-9a-f]*\).*/sha256:\1/'; }

# put FOLDER FILE...: files of this machine, links followed, into a folder of the layer.
put() {
  local folder=$1 file
  shift
  mkdir -p "$layer/$folder"
  cp -L --target-directory "$layer/$folder" "$@"
  for file; do printf '%s/%s\t%s\n' "$folder" "${file##*/}" "$file"; done >> "$origins"
}

# put_tree FOLDER SOURCE: the files below SOURCE whose names are read from standard input.
put_tree() {
  local names
  names=$(cat)
  mkdir -p "$layer/$1"
  (cd "$2" && xargs -d '\n' cp -L --parents --target-directory "$layer/$1") <<< "$names"
  sed "s#.*#$1/&\t$2/&#" <<< "$names" >> "$origins"
}

# libraries_of FILE...: the machine's shared libraries that these programs and libraries need.
libraries_of() { ldd "$@" 2> /dev/null | sed -nE 's#^\s(.* => )?(/(usr/)?lib(64)?/[^ ]+) \(0x.*#\2#p'; }

put_libraries() {
  local path
  while read -r path; do
    case $path in
      */ld-linux-*) put usr/lib64 "$path" ;;
      *) put "$libraries" "$path" ;;
    esac
  done
}

# package_of FILE: the Debian package that has it, or nothing. Its list may have it from before /lib became /usr/lib, or after.
package_of() { { dpkg -S "$1" "/usr$1" "${1#/usr}" 2> /dev/null || true; } | sed -n '1s/[:,].*//p'; }

# The licences of Debian's packages that have files in the layer, and the common ones to which these refer.
put_debian_licences() {
  local package common
  while read -r package; do
    put "usr/share/doc/$package" "/usr/share/doc/$package/copyright"
  done < <(cut -f2 "$origins" | while read -r file; do package_of "$file"; done | sort -u)
  put_common_licences
}

put_common_licences() {
  local name
  while read -r name; do
    put usr/share/common-licenses "/usr/share/common-licenses/$name"
  done < <(grep -rhoE '/usr/share/common-licenses/[A-Za-z0-9.-]+' "$layer/usr/share/doc" | sed 's#.*/##; s#\.$##' | sort -u | while read -r name; do
    [ ! -e "/usr/share/common-licenses/$name" ] || echo "$name"
  done)
}

# package_folders DEPENDENCIES: of the NuGet packages whose code a deps.json or project.assets.json takes along.
package_folders() {
  jq -r '.targets[] | to_entries[] | select(((.value.runtime // {}) + (.value.native // {})) | keys | any(endswith("/_._") | not)) | .key' "$1" |
    tr '[:upper:]' '[:lower:]' | sort -u | while read -r name; do [ ! -d "$packages/$name" ] || echo "$packages/$name"; done
}

# put_package_licences DEPENDENCIES
put_package_licences() {
  local folder file
  while read -r folder; do
    while read -r file; do
      put "licenses/nuget/$(basename "$(dirname "$folder")")" "$file"
    done < <(find "$folder" -maxdepth 1 -type f \( -iname '*licen[sc]e*' -o -iname '*notices*' \) | LC_ALL=C sort)
  done < <(package_folders "$1")
}

put_own_licences() { put licenses "$root/LICENSE" "$root/THIRD-PARTY-NOTICES.md"; }

# base: what every program here needs. OpenSSL is found only when .NET first uses it.
base_libraries() {
  local files=(/usr/lib/x86_64-linux-gnu/lib{ssl,crypto}.so.3)
  {
    libraries_of "${files[@]}"
    printf '%s\n' "${files[@]}" /lib/x86_64-linux-gnu/libm.so.6
  } | sed 's#^/usr/lib/#/lib/#' | sort -u
}

inputs_base() {
  base_libraries
  echo /etc/ssl/certs/ca-certificates.crt
}

collect_base() {
  mkdir -p "$layer"/{etc/ssl/certs,tmp,root,proc,sys,dev,usr/{bin,lib/ssl,lib64}}
  ln -s usr/bin usr/lib usr/lib64 "$layer/"
  base_libraries | put_libraries
  put etc/ssl/certs /etc/ssl/certs/ca-certificates.crt
  ln -s /etc/ssl/certs "$layer/usr/lib/ssl/certs"
  ln -s /etc/ssl/certs/ca-certificates.crt "$layer/usr/lib/ssl/cert.pem"
  printf 'root:x:0:0:root:/root:/bin/sh\nmhc:x:65532:65532:mhc:/tmp:/bin/sh\n' > "$layer/etc/passwd"
  printf 'root:x:0:\nmhc:x:65532:\n' > "$layer/etc/group"
  echo 'hosts: files dns' > "$layer/etc/nsswitch.conf"
  put_debian_licences
  put usr/share/doc/ca-certificates /usr/share/doc/ca-certificates/copyright
  put_common_licences
}

# operator: the natively compiled program.
inputs_operator() { printf '%s\n' "$program" "$root/LICENSE" "$root/THIRD-PARTY-NOTICES.md"; }

collect_operator() {
  mkdir -p "$layer/usr/bin"
  cp -L "$program" "$layer/usr/bin/mhc-operator"
  put_own_licences
  put_package_licences "$program.assets.json"
  mkdir -p "$layer/licenses/dotnet"
  cp "$dotnet_root/LICENSE.txt" "$dotnet_root/ThirdPartyNotices.txt" "$layer/licenses/dotnet/"
}

# shell: busybox.
inputs_shell() { echo "$busybox/usr/bin/busybox"; }

collect_shell() {
  local applet
  put usr/bin "$busybox/usr/bin/busybox"
  for applet in "${applets[@]}"; do ln -s busybox "$layer/usr/bin/$applet"; done
  put usr/share/doc/busybox-static "$busybox/usr/share/doc/busybox-static/copyright"
  put_common_licences
}

# runtime: .NET's, the libraries that it and the trainer need besides the base, and the SDK's documentation, the default training text.
inputs_runtime() {
  runtime_libraries
  find "$dotnet_root/shared" "$dotnet_root/host" -type f
  echo "$dotnet_root/dotnet"
  find "$dotnet_root"/packs/*/*/ref -name '*.xml'
}

# The allocator that the trainer preloads is found only when it is used.
runtime_libraries() {
  local late
  late=$(ls /usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4)
  {
    find "$output" "$dotnet_root/shared" -name '*.so*' -type f -print0 | xargs -0 ldd "$dotnet_root/dotnet" "$late" 2> /dev/null |
      sed -nE 's#^\s(.* => )?(/(usr/)?lib(64)?/[^ ]+) \(0x.*#\2#p'
    echo "$late"
  } | sed 's#^/usr/lib/#/lib/#' | sort -u | grep -vFx -f <(base_libraries)
}

collect_runtime() {
  collect_libraries
  (cd "$dotnet_root" && find host shared -type f) | put_tree usr/share/dotnet "$dotnet_root"
  put usr/share/dotnet "$dotnet_root/dotnet" "$dotnet_root/LICENSE.txt" "$dotnet_root/ThirdPartyNotices.txt"
  collect_corpus
}

collect_libraries() {
  runtime_libraries | put_libraries
  put_debian_licences
}

collect_corpus() { (cd "$dotnet_root/packs" && find ./*/*/ref -name '*.xml' | sed 's#^\./##') | put_tree "$corpus" "$dotnet_root/packs"; }

# torch: libtorch.
inputs_torch() { find "$output" -maxdepth 1 "(" "${torch_names[@]}" ")"; }

collect_torch() {
  inputs_torch | sed "s#^$output/##" | put_tree "$application" "$output"
  strip --strip-unneeded "$layer/$application/libtorch_cpu.so"
}

# trainer: everything else of its build output.
trainer_files() { find "$output" -type f -not "(" "${torch_names[@]}" -o "${unused_names[@]}" ")"; }

inputs_trainer() {
  trainer_files
  printf '%s\n' "$root/LICENSE" "$root/THIRD-PARTY-NOTICES.md"
}

collect_trainer() {
  trainer_files | sed "s#^$output/##" | put_tree "$application" "$output"
  put_own_licences
  put_package_licences "$output/mhc-trainer.deps.json"
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
