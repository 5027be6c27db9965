#!/bin/bash
# Builds parts of Kubernetes 1.20.2 from the unpacked Debian bookworm source package.
#
#   build-kubernetes.sh SOURCE_TREE OUTPUT_FOLDER COMPONENT...
#
# GOROOT names the Go 1.19 to use, REFLECT2 the sources of reflect2 1.0.2 or newer.
# GOPATH mode, as upstream's own Makefile did for 1.20: with -mod=vendor any Go newer than 1.15
# stops at "updates to go.mod needed".
set -euo pipefail
source_tree=$(realpath "$1")
mkdir -p "$2"
output=$(realpath "$2")
shift 2

workspace=$(mktemp -d)
trap 'rm -rf "$workspace"' EXIT
mkdir -p "$workspace/src/k8s.io"
ln -s "$source_tree" "$workspace/src/k8s.io/kubernetes"
cd "$workspace/src/k8s.io/kubernetes"
export GO111MODULE=off GOPATH=$workspace GOFLAGS='' CGO_ENABLED=0 PATH=${GOROOT:?}/bin:$PATH

# The vendored reflect2 1.0.1 crashes when it is built with Go 1.18 or newer; Debian has 1.0.2.
use_newer_reflect2() {
  local vendored=vendor/github.com/modern-go/reflect2
  [ ! -e $vendored/.replaced ] || return 0
  rm -rf $vendored
  cp -rL "${REFLECT2:?}" $vendored
  touch $vendored/.replaced
}

# A kubelet of 1.20 lets a deleted pod go when its sandbox has been collected, once a minute; every other one removes that at once.
collect_sandboxes_at_once() { sed -i 's/ContainerGCPeriod = time.Minute$/ContainerGCPeriod = time.Second/' pkg/kubelet/kubelet.go; }

# The one generated file that the release tree lacks: the API server's OpenAPI definitions.
generate_openapi() {
  [ ! -s pkg/generated/openapi/zz_generated.openapi.go ] || return 0
  go build -o "$workspace/openapi-gen" k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
  local packages
  packages=$(grep -rl --include='*.go' '^ *// *+k8s:openapi-gen=' cmd pkg plugin vendor/k8s.io/*/ |
    grep -vE '/(code-generator|sample-apiserver)/' | xargs -n1 dirname | LC_ALL=C sort -u |
    sed 's#^#k8s.io/kubernetes/#' | paste -sd,)
  "$workspace/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi \
    -O zz_generated.openapi -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$workspace/violations"
}

use_newer_reflect2
collect_sandboxes_at_once
generate_openapi
stamp=''
for package in component-base/version client-go/pkg/version; do
  package=k8s.io/kubernetes/vendor/k8s.io/$package
  stamp+=" -X $package.gitVersion=v1.20.2 -X $package.gitMajor=1 -X $package.gitMinor=20 -X $package.gitTreeState=clean"
done
for component in "$@"; do
  started=$SECONDS
  go build -p "$(nproc)" -trimpath -ldflags "-s -w$stamp" -o "$output/$component.partial" "k8s.io/kubernetes/cmd/$component"
  mv "$output/$component.partial" "$output/$component"
  echo "$component: $((SECONDS - started)) s"
done
