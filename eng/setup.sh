#!/bin/bash
# Makes sure that what the build and the tests need from the system is there: installs Debian's
# packages as root, names what is missing otherwise.
#
#   setup.sh [PACKAGE...]     and these besides
set -euo pipefail

packages=(
  binutils build-essential ccache clang-format cmake curl dpkg-dev iproute2 jq libgloo-dev libhiredis-dev ninja-build openssl procps python3 shellcheck util-linux xz-utils "$@"
)
# Newer systems have it under another name, of which apt knows.
[ -e /usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4 ] || packages+=(libtcmalloc-minimal4)

if ! dotnet_version=$(dotnet --version 2>&1); then
  printf 'the .NET SDK 10 is needed (dot.net has it); dotnet --version says:\n%s\n' "$dotnet_version" >&2
  exit 1
fi
if ! command -v dpkg-query > /dev/null; then
  echo "not a Debian system: make sure that you have ${packages[*]} or what they are called here" >&2
  exit 0
fi
# shellcheck disable=SC2016  # the braces are dpkg's
installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "${packages[@]}" 2> /dev/null || true)
missing=()
for package in "${packages[@]}"; do
  grep -qx "$package installed" <<< "$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" != 0 ]; then
  echo "packages are missing; install them with: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } > "$log" 2>&1 < /dev/null || {
  tail -n 20 "$log" >&2
  exit 1
}
