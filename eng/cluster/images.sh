# shellcheck shell=bash
# Container images: archives of eng/images.sh, and small ones made of a folder, with no registry.

# load_archive ARCHIVE: an image of eng/images.sh, under its name and tag and, as NAME@DIGEST, under what cannot change. Runs inside the namespaces.
load_archive() {
  local name
  name=$(tar -xOf "$1" index.json | jq -r '.manifests[0].annotations["io.containerd.image.name"] | sub(":[^:/]*$"; "")')
  ctr --namespace k8s.io images import --base-name "$name" --digests "$1" > "$run/log/load.log" 2>&1 ||
    fail "containerd did not take the image $1: $(cat "$run/log/load.log")"
}

# load_folder NAME FOLDER [ENTRYPOINT...]
load_folder() {
  local name=$1 folder=$2 work
  shift 2
  work=$(mktemp -d -p "$run")
  tar -C "$folder" --numeric-owner --owner=0 --group=0 -cf "$work/layer.tar" .
  jq -n --arg digest "sha256:$(openssl dgst -sha256 -r "$work/layer.tar" | cut -d' ' -f1)" '{
      architecture: "amd64", os: "linux", rootfs: {type: "layers", diff_ids: [$digest]}, config: {Env: ["PATH=/bin"], Entrypoint: $ARGS.positional}
    }' --args -- "$@" > "$work/config.json"
  jq -n --arg name "$name" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' > "$work/manifest.json"
  tar -C "$work" -cf - manifest.json config.json layer.tar | ctr --namespace k8s.io images import - > "$run/log/load.log" 2>&1 ||
    fail "containerd did not take the image $name: $(cat "$run/log/load.log")"
  rm -r "$work"
}

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
  load_folder mhc-cluster.local/pause:1 "$pause" /pause
  load_folder mhc-cluster.local/busybox:1 "$busybox"
}
