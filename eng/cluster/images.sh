# shellcheck shell=bash
# Container images made of folders, with no registry.

# load_image NAME [--env K=V]... [--entrypoint PROGRAM] LAYER... [-- ARGUMENTS...]
# A layer is a folder or a tar file. Runs inside the namespaces. Does nothing when the very same image is loaded.
load_image() {
  local name=$1 variables=("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") entrypoint=() layers=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
      --env) variables+=("$2") ;;
      --entrypoint) entrypoint=("$2") ;;
      *) layers+=("$1") && shift && continue ;;
    esac
    shift 2
  done
  [ $# -eq 0 ] || shift
  local work
  work=$(mktemp -d -p "$run")
  pack_layers "$work" "${layers[@]}"
  jq -n --slurpfile digests "$work/digests" --argjson variables "$(json_array "${variables[@]}")" \
    --argjson entrypoint "$(json_array "${entrypoint[@]}")" '{
      architecture: "amd64", os: "linux", rootfs: {type: "layers", diff_ids: $digests},
      config: {Env: $variables, Entrypoint: $entrypoint, Cmd: $ARGS.positional}
    }' --args -- "$@" > "$work/config.json"
  if ! cmp -s "$work/config.json" "$(loaded_configuration "$name")"; then
    import_image "$name" "$work"
    mkdir -p "$run/images"
    mv "$work/config.json" "$(loaded_configuration "$name")"
  fi
  rm -r "$work"
}

# pack_layers FOLDER LAYER...: FOLDER/layer-N.tar, and their digests as JSON strings in FOLDER/digests.
pack_layers() {
  local work=$1 layer number=0
  shift
  for layer in "$@"; do
    if [ -d "$layer" ]; then
      tar -C "$layer" --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -cf "$work/layer-$number.tar" .
    else
      ln "$layer" "$work/layer-$number.tar" 2> /dev/null || cp "$layer" "$work/layer-$number.tar"
    fi
    openssl dgst -sha256 -r "$work/layer-$number.tar" | sed 's/^\([0-9a-f]*\).*/"sha256:\1"/' >> "$work/digests"
    number=$((number + 1))
  done
}

import_image() { # NAME FOLDER
  local files=("$2"/layer-*.tar)
  files=("${files[@]##*/}")
  jq -n --arg name "$1" --argjson layers "$(json_array "${files[@]}")" \
    '[{Config: "config.json", RepoTags: [$name], Layers: $layers}]' > "$2/manifest.json"
  tar -C "$2" -cf - manifest.json config.json "${files[@]}" | ctr --namespace k8s.io images import - > "$2/log" 2>&1 ||
    fail "containerd did not take the image $1: $(cat "$2/log")"
}

json_array() { jq -cn '$ARGS.positional' --args -- "$@"; }

loaded_configuration() { echo "$run/images/${1//[^A-Za-z0-9.-]/_}.json"; }

# The two images that every cluster has.
load_own_images() {
  local pause=$run/images/pause busybox=$run/images/busybox applet
  mkdir -p "$pause" "$busybox"/{bin,tmp,etc,root,proc,sys,dev}
  chmod 1777 "$busybox/tmp"
  cp "$cache/bin/pause" "$pause/"
  cp "$cache/root/bin/busybox" "$busybox/bin/"
  for applet in $("$busybox/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -sf busybox "$busybox/bin/$applet"
  done
  load_image mhc-cluster.local/pause:1 --entrypoint /pause "$pause"
  load_image mhc-cluster.local/busybox:1 "$busybox" -- /bin/sh
}
