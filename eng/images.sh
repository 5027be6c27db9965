#!/bin/bash
# Makes the container images, with no registry and no Docker, as archives in OCI's layout:
#
#   mhc-operator          the operator, compiled to native code: no shell, no .NET
#   mhc-operator-debug    the same, and busybox' shell
#   mhc-trainer           the trainer, for processors
#
#   images.sh [IMAGE...]      all where none is named; into artifacts/images, with a line for each in digests.txt:
#                             name, tag, digest of the manifest, bytes compressed, bytes unpacked
#                             beside each archive its bill of materials, as SPDX and as CycloneDX
#   images.sh --notices       print THIRD-PARTY-NOTICES.md
#   images.sh --tree KIND... FOLDER   put what these layers have into a folder, for images/Containerfile.*
#   images.sh --reference IMAGE    print NAME@DIGEST of one that has been made
#   images.sh --archive IMAGE      print the path of its archive
#
# The same sources, libraries and SDK give the same digests. ENGINE=podman, docker or buildah makes operator and trainer by images/Containerfile.*
# instead, from base images of a registry; ENGINE_OPTIONS goes to its build, as --build-arg RUNTIME_IMAGE=... SOURCE_DATE_EPOCH is the time in the labels (the commit's otherwise), CONFIGURATION (Release) names the
# build output, MHC_IMAGES the folder of the archives, MHC_IMAGE_CACHE that of the layers.
set -euo pipefail
shopt -s inherit_errexit
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
root=$(realpath "$here/..")
cd "$root"
images=${MHC_IMAGES:-$root/artifacts/images}
version=$(cat VERSION)
output=$root/src/Trainer/bin/${CONFIGURATION:-Release}/net10.0/linux-x64
program=$root/artifacts/operator/mhc-operator
packages=$(realpath -m "${NUGET_PACKAGES:-$HOME/.nuget/packages}")
dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")
busybox=$(realpath -m "${MHC_BUSYBOX_CACHE:-$HOME/.cache/mhc-operator/busybox}/root")
# shellcheck source=eng/images/layers.sh
source "$here/images/layers.sh"
# shellcheck source=eng/images/archive.sh
source "$here/images/archive.sh"
# shellcheck source=eng/images/engine.sh
source "$here/images/engine.sh"

main() {
  local image
  case ${1:-} in
    --reference | --archive)
      "${1#--}" "${2:?which image?}"
      return
      ;;
  esac
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  case ${1:-} in
    --notices | --tree)
      "${1#--}" "${@:2}"
      return
      ;;
  esac
  [ $# -gt 0 ] || set -- mhc-operator mhc-operator-debug mhc-trainer
  for image; do
    [[ $image = @(mhc-operator|mhc-operator-debug|mhc-trainer) ]] || {
      echo "images.sh: '$image' was given; mhc-operator, mhc-operator-debug or mhc-trainer was expected" >&2
      exit 2
    }
  done
  mkdir -p "$images"
  if [ -n "${ENGINE:-}" ]; then
    build_with_engine "$@"
  else
    for image; do "make_${image//-/_}"; done
  fi
}

make_mhc_operator() {
  "$here/publish-operator.sh" > /dev/null
  pack mhc-operator "$version" "$(program_configuration)" base operator
}

make_mhc_operator_debug() {
  "$here/publish-operator.sh" > /dev/null
  fetch_busybox
  pack mhc-operator "$version-debug" "$(program_configuration)" base operator shell
}

program_configuration() { jq -n '{Env: ["PATH=/usr/bin"], Entrypoint: ["/usr/bin/mhc-operator"]}'; }

make_mhc_trainer() {
  [ -x "$output/mhc-trainer" ] || {
    echo "the trainer is not built ($output/mhc-trainer is missing): run make build" >&2
    exit 1
  }
  fetch_busybox
  local configuration
  configuration=$(jq -n --arg application "/$application" --arg corpus "/$corpus" '{
    Env: ["PATH=\($application):/usr/bin", "DOTNET_ROOT=/usr/share/dotnet", "DOTNET_EnableDiagnostics=0", "MHC_CORPUS=\($corpus)"],
    Entrypoint: ["\($application)/mhc-trainer"], Cmd: ["train"]
  }')
  pack mhc-trainer "$version" "$configuration" base shell runtime torch trainer
}

notices() {
  local kind made part parts=()
  "$here/publish-operator.sh" > /dev/null
  fetch_busybox
  for kind in base operator shell runtime torch trainer; do
    made=$(layer "$kind")
    part=$(part_of "$made")
    parts+=("$part")
  done
  describe notices "${parts[@]}"
}

main "$@"
