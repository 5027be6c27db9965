# shellcheck shell=bash
# Container images made of folders, with no registry.

# load_image NAME [--env K=V]... LAYER... [-- COMMAND...]: a layer is a folder or a tar file.
# Runs inside the namespaces.
load_image() {
  local name=$1 variables=("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") layers=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
      --env)
        variables+=("$2")
        shift
        ;;
      *) layers+=("$1") ;;
    esac
    shift
  done
  [ $# -eq 0 ] || shift
  local work layer number=0 files=() digests=()
  work=$(mktemp -d -p "$run")
  for layer in "${layers[@]}"; do
    if [ -d "$layer" ]; then
      tar -C "$layer" --numeric-owner --owner=0 --group=0 -cf "$work/layer-$number.tar" .
    else
      ln "$layer" "$work/layer-$number.tar" 2> /dev/null || cp "$layer" "$work/layer-$number.tar"
    fi
    files+=("layer-$number.tar")
    digests+=("sha256:$(sha256sum < "$work/layer-$number.tar" | cut -c1-64)")
    number=$((number + 1))
  done
  jq -n --argjson digests "$(json_array "${digests[@]}")" --argjson variables "$(json_array "${variables[@]}")" '{
      architecture: "amd64", os: "linux", rootfs: {type: "layers", diff_ids: $digests},
      config: {Env: $variables, Cmd: $ARGS.positional}
    }' --args -- "$@" > "$work/config.json"
  jq -n --arg name "$name" --argjson layers "$(json_array "${files[@]}")" \
    '[{Config: "config.json", RepoTags: [$name], Layers: $layers}]' > "$work/manifest.json"
  tar -C "$work" -cf - manifest.json config.json "${files[@]}" | ctr --namespace k8s.io images import - > "$work/log" 2>&1 ||
    fail "containerd did not take the image $name: $(cat "$work/log")"
  rm -r "$work"
}

json_array() { jq -cn '$ARGS.positional' --args -- "$@"; }

has_image() { [ -n "$(ctr --namespace k8s.io images list --quiet "name==$1")" ]; }

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
  load_image mhc-cluster.local/pause:1 "$pause" -- /pause
  load_image mhc-cluster.local/busybox:1 "$busybox" -- /bin/sh
}
