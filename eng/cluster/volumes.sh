# shellcheck shell=bash
# Persistent volumes, since this cluster has nothing that provisions them: folders of the machine,
# emptied and offered again when their claim is gone.

make_volume_folders() {
  local number
  for ((number = 1; number <= volume_count; number++)); do
    mkdir -p "$run/volumes/$number"
    chmod 0777 "$run/volumes/$number" # a hostPath volume does not follow a pod's fsGroup
  done
}

apply_volumes() {
  local number
  for ((number = 1; number <= volume_count; number++)); do
    cat << EOF
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: volume-$number}
spec:
  capacity: {storage: $volume_size}
  accessModes: [ReadWriteOnce, ReadWriteMany]
  persistentVolumeReclaimPolicy: Recycle
  hostPath: {path: $run/volumes/$number, type: Directory}
EOF
  done | kubectl apply -f - > /dev/null
}
