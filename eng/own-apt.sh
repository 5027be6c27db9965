# shellcheck shell=bash
# own_apt COMMAND...: apt-get with sources and lists of its own, in $cache/apt, so that the machine's are left alone. $own_apt_options has more
# options. Ends the script, by fail, where it does not work; what it printed is in $cache/apt/log.
# shellcheck disable=SC2154  # cache is set by who sources this
own_apt_options=()

own_apt() {
  local log=$cache/apt/log
  apt-get -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$cache/apt/sources.d" \
    -o Dir::State::Lists="$cache/apt/lists" -o Dir::Cache="$cache/apt" -o APT::Sandbox::User=root \
    "${own_apt_options[@]}" "$@" > "$log" 2>&1 || {
    tail -n 5 "$log" >&2
    fail "apt-get $1 did not work"
  }
}

# debian_mirror: prints the address of the machine's own. Ends the script, by fail, where there is none.
debian_mirror() {
  local site
  # shellcheck disable=SC2016  # apt's own variable
  site=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Label: Debian' 'Created-By: Packages' | head -n 1)
  [ -n "$site" ] || fail "no Debian mirror is set up on this machine"
  echo "$site"
}

# debian_suite TYPES [SUITE]: from now on own_apt knows Debian 12's packages, or those of another suite, from the machine's own mirror, whichever
# Debian the machine has, and takes nothing for installed. TYPES is `deb`, or `deb deb-src`. The lists are in $cache/apt, anew.
debian_suite() {
  local mirror
  rm -rf "$cache/apt"
  mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$cache/apt/sources.d"
  : > "$cache/apt/status"
  own_apt_options=(-o Dir::State::status="$cache/apt/status")
  mirror=$(debian_mirror)
  printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$1" "$mirror" "${2:-bookworm}" \
    > "$cache/apt/sources.d/debian.sources"
  own_apt update -qq
}

# unpack_debian FOLDER PACKAGE...: unpacks packages there, and does not install them, which would start servers. The packages stay in $cache/debs.
unpack_debian() {
  local folder=$1 package
  shift
  mkdir -p "$cache/debs" "$folder"
  (cd "$cache/debs" && own_apt download -qq "$@")
  for package in "$cache"/debs/*.deb; do dpkg -x "$package" "$folder"; done
}

# keep_debian PACKAGE...: has Debian 12's packages unpacked in $cache/root, once, by one at a time, for several may share the cache.
keep_debian() {
  mkdir -p "$cache"
  (
    flock 9
    [ -d "$cache/root" ] || {
      echo "unpacking Debian's packages $*" >&2
      rm -rf "$cache/debs" "$cache/root.partial"
      debian_suite deb
      unpack_debian "$cache/root.partial" "$@"
      rm -rf "$cache/debs" "$cache/apt"
      mv "$cache/root.partial" "$cache/root"
    }
  ) 9> "$cache/lock"
}
