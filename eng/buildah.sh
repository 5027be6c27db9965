#!/bin/bash
# Makes sure that buildah is there, with which a test builds the images by their Containerfiles: Debian 12's, unpacked and not installed, which
# would replace parts of the system.
#
#   buildah.sh    prints the folder of a program that runs it, with storage of its own: in $BUILDAH_STORAGE or the cache
#
# BUILDAH_CACHE names another cache.
set -euo pipefail
cache=${BUILDAH_CACHE:-$HOME/.cache/mhc-operator/buildah}
readonly packages=(buildah golang-github-containers-common golang-github-containers-image libgpgme11 libassuan0 libsubid4 libseccomp2 libdevmapper1.02.1)

fail() {
  echo "buildah.sh: $*" >&2
  exit 1
}

# shellcheck source=eng/own-apt.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/own-apt.sh"

fetch() {
  echo "unpacking Debian's package buildah" >&2
  rm -rf "$cache/debs" "$cache/root" "$cache/root.partial"
  debian_suite deb
  unpack_debian "$cache/root.partial" "${packages[@]}"
  [ ! -d "$cache/root.partial/lib" ] || cp -rT "$cache/root.partial/lib" "$cache/root.partial/usr/lib"
  write_program "$cache/root.partial"
  rm -rf "$cache/debs" "$cache/apt"
  mv "$cache/root.partial" "$cache/root"
}

write_program() {
  echo '{"default": [{"type": "insecureAcceptAnything"}]}' > "$1/policy.json"
  echo 'unqualified-search-registries = []' > "$1/registries.conf"
  mkdir -p "$1/program"
  cat > "$1/program/buildah" << EOF
#!/bin/bash
# It starts itself without LD_LIBRARY_PATH: its libraries are laid under the machine's, in a mount namespace of its own.
root=$cache/root storage=\${BUILDAH_STORAGE:-$cache/storage} command=\$1
export CONTAINERS_REGISTRIES_CONF=\$root/registries.conf BUILDAH_ISOLATION=chroot
shift
case \$command in
  build | bud | push | pull | from) set -- --signature-policy "\$root/policy.json" "\$@" ;;
esac
libraries=/usr/lib/x86_64-linux-gnu
exec unshare --mount bash -c 'mount -t overlay -o "lowerdir=\$1:\$2\$1" overlay "\$1" && shift 2 && exec "\$@"' - "\$libraries" "\$root" \\
  "\$root/usr/bin/buildah" --root "\$storage/graph" --runroot "\$storage/run" --storage-driver overlay "\$command" "\$@"
EOF
  chmod +x "$1/program/buildah"
}

mkdir -p "$cache"
( # one at a time, for two test runs may share the cache
  flock 9
  [ -x "$cache/root/program/buildah" ] || fetch
) 9> "$cache/lock"
echo "$cache/root/program"
