# shellcheck shell=bash
# The images by their Containerfiles, with podman, docker or buildah.
# shellcheck disable=SC2154  # images, version and work are set by images.sh

build_with_engine() { # IMAGE...
  local image file options
  [[ $ENGINE = @(podman|docker|buildah) ]] || fail "ENGINE=$ENGINE was given; podman, docker or buildah was expected"
  command -v "$ENGINE" > /dev/null || fail "there is no $ENGINE on this machine"
  read -ra options <<< "${ENGINE_OPTIONS:-}"
  for image; do
    [ "$image" != mhc-operator-debug ] || {
      echo "images.sh: $ENGINE makes no $image; ENGINE_OPTIONS='--build-arg RUNTIME_IMAGE=...' gives mhc-operator a shell" >&2
      continue
    }
    file=$images/$image-$version.oci.tar
    "$ENGINE" build --file "images/Containerfile.${image#mhc-}" --tag "$image:$version" "${options[@]}" \
      --label "org.opencontainers.image.title=$image" --label "org.opencontainers.image.description=$(description_of "$image")" \
      --label "org.opencontainers.image.version=$version" --label "org.opencontainers.image.revision=$(revision)" \
      --label "org.opencontainers.image.licenses=Apache-2.0" --label "org.opencontainers.image.source=${MHC_SOURCE_URL:-}" \
      --label "org.opencontainers.image.created=$(created)" .
    rm -f "$file"
    case $ENGINE in
      buildah) buildah push "$image:$version" "oci-archive:$file:$version" ;;
      podman) podman save --format oci-archive --output "$file" "$image:$version" ;;
      docker) docker save --output "$file" "$image:$version" ;;
    esac
    note_archive "$image" "$file"
  done
}

# note_archive IMAGE FILE: its line in digests.txt.
note_archive() {
  local digest manifest compressed flat
  digest=$(tar -xOf "$2" index.json | jq -r '.manifests[0].digest')
  manifest=$(tar -xOf "$2" "blobs/sha256/${digest#*:}")
  compressed=$(jq '[.layers[].size] | add' <<< "$manifest")
  flat=$(jq -r '.layers[].digest[7:]' <<< "$manifest" | while read -r blob; do
    tar -xOf "$2" "blobs/sha256/$blob" > "$work/blob"
    tar -tvf "$work/blob"
  done | awk '{ sum += $3 } END { print sum + 0 }')
  note_digest "$1" "$version" "$digest" "$compressed" "$flat"
}
