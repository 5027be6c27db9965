#!/bin/bash
# Leaves everything that a release's page has in artifacts/release: the images with their bills of materials, the chart and the manifests
# for kubectl, which name the images by their digests, the licences, what has changed, and the checksums of all.
#
#   release.sh
#
# REGISTRY is put before the images' names in the chart and the manifests. SIGN_KEY names the GPG key by which the chart and the checksums
# are signed; docs/release.md says how they are verified.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."
version=$(< VERSION)
readonly release=$PWD/artifacts/release images=$PWD/artifacts/images
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

main() {
  eng/images.sh > /dev/null
  rm -rf "$release"
  mkdir -p "$release"
  cp "$images"/*"$version"* "$release/"
  cp LICENSE THIRD-PARTY-NOTICES.md CHANGELOG.md SECURITY.md "$release/"
  cp artifacts/operator/mhc-operator "$release/mhc-operator-$version-linux-amd64"
  fill_in
  package
  manifests
  list_images > "$release/images.txt"
  (cd "$release" && sha256sum -- * > SHA256SUMS)
  [ -z "${SIGN_KEY:-}" ] || gpg --batch --yes --local-user "$SIGN_KEY" --armor --detach-sign "$release/SHA256SUMS"
  ls -l "$release"
}

digest() { awk -v name="$1" -v tag="$version" '$1 == name && $2 == tag { print $3 }' "$images/digests.txt"; }

# The chart, in a copy that names the images of this release.
fill_in() {
  cp -r charts/mhc-operator "$work/"
  awk -v operator="$(digest mhc-operator)" -v trainer="$(digest mhc-trainer)" -v registry="${REGISTRY:-}" '
    /^image:/ { digest = operator }
    /^trainer:/ { digest = trainer }
    /^global:/ { top = 1 }
    digest && /^ +digest: ""$/ { sub(/""/, "\"" digest "\""); digest = "" }
    top && /^  imageRegistry: ""$/ { sub(/""/, "\"" registry "\""); top = 0 }
    { print }' charts/mhc-operator/values.yaml > "$work/mhc-operator/values.yaml"
  [ "$(grep -c 'digest: "sha256:' "$work/mhc-operator/values.yaml")" = 2 ] || {
    echo "release.sh: the chart's values have no place for both digests" >&2
    exit 1
  }
}

package() {
  local signing=()
  [ -z "${SIGN_KEY:-}" ] || {
    gpg --batch --export-secret-keys > "$work/keys" # Helm reads the older form of a key ring
    signing=(--sign --key "$SIGN_KEY" --keyring "$work/keys")
  }
  "$(eng/helm.sh 4)/helm" package "$work/mhc-operator" --destination "$release" "${signing[@]}" > /dev/null
}

manifests() {
  local helm
  helm=$(eng/helm.sh 4)/helm
  {
    cat deploy/namespace.yaml
    "$helm" template mhc-operator "$work/mhc-operator" --namespace mhc-system --skip-tests
  } > "$release/mhc-operator.yaml"
  {
    cat deploy/namespace.yaml
    "$helm" template mhc-operator "$work/mhc-operator" --namespace mhc-system --skip-tests --kube-version 1.20.0
  } > "$release/mhc-operator-before-kubernetes-1.25.yaml"
}

list_images() {
  local name
  for name in mhc-operator mhc-trainer; do echo "${REGISTRY:+$REGISTRY/}$name:$version@$(digest "$name")"; done
}

main
