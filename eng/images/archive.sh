# shellcheck shell=bash
# Images as archives in OCI's layout (https://github.com/opencontainers/image-spec, 1.0), which containerd, kind, podman and skopeo read, with
# Docker's manifest.json beside it, for `docker load`.
# shellcheck disable=SC2154  # images, version and work are set by images.sh

readonly registry=docker.io/library # where containerd and Docker look for a name without one

# pack NAME TAG CONFIGURATION KIND...: the configuration is JSON, the kinds are those of layers.sh, undermost first.
pack() {
  local name=$1 tag=$2 configuration=$3 file=$images/$1-$2.oci.tar folder=$work/$1-$2
  local blobs=$folder/blobs/sha256 layers_json=$folder.layers config manifest created kind made part chain=() parts=()
  shift 3
  for kind; do
    made=$(layer "$kind")
    part=$(part_of "$made")
    chain+=("$made") parts+=("$part")
  done
  mkdir -p "$blobs"
  jq -s . "${chain[@]}" > "$layers_json"
  created=$(created)
  config=$(jq -n --slurpfile layers "$layers_json" --argjson configuration "$configuration" --arg created "$created" \
    --arg name "$name" --arg description "$(description_of "$name")" --arg version "$version" --arg revision "$(revision)" '{
      created: $created, architecture: "amd64", os: "linux",
      config: ($configuration + {
        User: "65532:65532", WorkingDir: "/tmp",
        Labels: ({
          "org.opencontainers.image.title": $name, "org.opencontainers.image.description": $description,
          "org.opencontainers.image.version": $version, "org.opencontainers.image.revision": $revision,
          "org.opencontainers.image.source": env.MHC_SOURCE_URL, "org.opencontainers.image.licenses": "Apache-2.0",
          "org.opencontainers.image.created": $created
        } | with_entries(select(.value != null and .value != "")))
      }),
      rootfs: {type: "layers", diff_ids: [$layers[0][].diffId]},
      history: [$layers[0][] | {created: $created, created_by: "eng/images.sh: \(.file | split("/") | last | split("-")[0])"}]
    }' | blob "$blobs")
  manifest=$(jq -n --slurpfile layers "$layers_json" --argjson config "$config" '{
      schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: ({mediaType: "application/vnd.oci.image.config.v1+json"} + $config),
      layers: [$layers[0][] | {mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: .digest, size: .size}]
    }' | blob "$blobs")
  jq -r '.[] | "\(.file)\t\(.digest[7:])"' "$layers_json" | while IFS=$'\t' read -r layer_file digest; do
    ln -s "$(realpath "$layer_file")" "$blobs/$digest" # a hard link would change the file, which another build may be reading
  done
  jq -n --argjson manifest "$manifest" --arg name "$registry/$name:$tag" --arg tag "$tag" '{
      schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json"} + $manifest + {
        annotations: {"io.containerd.image.name": $name, "org.opencontainers.image.ref.name": $tag},
        platform: {architecture: "amd64", os: "linux"}
      }]
    }' > "$folder/index.json"
  jq -n --slurpfile layers "$layers_json" --argjson config "$config" --arg name "$name:$tag" '
      def path: "blobs/sha256/" + .digest[7:];
      [{Config: ($config | path), RepoTags: [$name], Layers: [$layers[0][] | path]}]' > "$folder/manifest.json"
  echo '{"imageLayoutVersion":"1.0.0"}' > "$folder/oci-layout"
  tar -C "$folder" --dereference --format=gnu --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 --mode=u=rwX,go=rX \
    -cf "$file.partial.$$" blobs index.json manifest.json oci-layout
  mv "$file.partial.$$" "$file"
  note_digest "$name" "$tag" "$(jq -r .digest <<< "$manifest")" "$(jq 'map(.size) | add' "$layers_json")" "$(jq 'map(.flat) | add' "$layers_json")"
  describe image "$name" "$tag" "$(jq -r .digest <<< "$manifest")" "$created" "$images" "${parts[@]}"
  rm -rf "$folder"
}

# part_of LAYER: prints the path of what bill.py says of a layer.
part_of() {
  local part
  part=${1%.json}.part-$(cat "$here/images/bill.py" "$here/images/licences.tsv" VERSION | sha256sum | cut -c1-16)
  [ -e "$part" ] || {
    describe part "$1" "$part.partial.$$"
    mv "$part.partial.$$" "$part"
  }
  echo "$part"
}

describe() { ROOT=$root OUTPUT=$output DOTNET_ROOT=$dotnet_root PACKAGES=$packages BUSYBOX=$busybox ASSETS=$program.assets.json "$here/images/bill.py" "$@"; }

# blob FOLDER: puts standard input there under its digest; prints {digest, size}.
blob() {
  local file=$1/new
  cat > "$file"
  jq -n --arg digest "$(digest "$file")" --argjson size "$(stat -c %s "$file")" '{digest: $digest, size: $size}'
  mv "$file" "$1/$(digest "$file" | cut -d: -f2)"
}

note_digest() { # NAME TAG DIGEST COMPRESSED FLAT
  echo "$1:$2 $3: $(($4 >> 20)) MiB compressed, $(($5 >> 20)) MiB unpacked"
  (
    flock 8
    {
      grep -v "^$1 $2 " "$images/digests.txt" 2> /dev/null || true
      echo "$@"
    } | LC_ALL=C sort > "$work/digests.txt"
    mv "$work/digests.txt" "$images/digests.txt"
  ) 8> "$images/.lock"
}

description_of() {
  case $1 in
    mhc-operator) echo "The operator of MhcTrainingJobs" ;;
    mhc-trainer) echo "The trainer that MhcTrainingJobs run, for processors" ;;
  esac
}

tag_of() { if [[ $1 = *-debug ]]; then echo "$version-debug"; else echo "$version"; fi; }

archive() { echo "$images/${1%-debug}-$(tag_of "$1").oci.tar"; }

reference() { # IMAGE
  local line
  line=$(grep "^${1%-debug} $(tag_of "$1") " "$images/digests.txt" 2> /dev/null) || fail "$1 has not been made: run make images"
  cut -d' ' -f1,3 <<< "$line" | tr ' ' @
}

# Of what goes into the images: a revision that says so where something is changed, and the time of SOURCE_DATE_EPOCH or of the commit.
readonly sources=(src native crds eng/images eng/images.sh eng/publish-operator.sh eng/build-native.sh VERSION LICENSE THIRD-PARTY-NOTICES.md
  Directory.Build.props Directory.Packages.props global.json)

revision() {
  local commit
  commit=$(git rev-parse HEAD 2> /dev/null) || return 0
  [ -z "$(git status --porcelain -- "${sources[@]}")" ] || {
    echo "images.sh: the sources differ from commit $commit; the images' revision says so: -dirty" >&2
    commit+=-dirty
  }
  echo "$commit"
}

created() { date --utc --date "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || echo 0)}" +%Y-%m-%dT%H:%M:%SZ; }

# Debian 12's busybox, linked statically: unpacked, for installed it would push another busybox out.
fetch_busybox() {
  local cache=${busybox%/root}
  mkdir -p "$cache"
  (
    flock 8
    [ -x "$busybox/usr/bin/busybox" ] || unpack_busybox
  ) 8> "$cache/lock"
}

unpack_busybox() {
  echo "unpacking Debian's package busybox-static" >&2
  # shellcheck source=eng/own-apt.sh
  source "$here/own-apt.sh"
  rm -rf "$cache/debs" "$busybox" "$busybox.partial"
  debian_suite deb
  unpack_debian "$busybox.partial" busybox-static
  [ -e "$busybox.partial/usr/bin/busybox" ] || { mkdir -p "$busybox.partial/usr/bin" && mv "$busybox.partial/bin/busybox" "$busybox.partial/usr/bin/"; }
  dpkg-deb --show --showformat='${Package} ${Version}\n' "$cache"/debs/busybox-static_*.deb > "$busybox.partial/package"
  rm -rf "$cache/debs" "$cache/apt"
  mv "$busybox.partial" "$busybox"
}

fail() {
  echo "images.sh: $*" >&2
  exit 1
}
