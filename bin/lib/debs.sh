# Debian packages unpacked beside the system, never installed: the guests' kernel and a newer QEMU. Sourced, never run.
#
# apt runs on state of its own below the cache, so that no root is needed and the system's lists stay as they are.
# Its sources are the mirrors of this machine's own release, and the backports of the same mirror.
# shellcheck shell=bash

# The private state, and what counts as installed; who wants another release has local ones.
DEBS_APT=$KVMZONE_CACHE_DIR/apt
DEBS_STATUS=/var/lib/dpkg/status

# Runs an apt tool on the private state.
debs_apt() {
  local tool=$1
  shift
  "$tool" -q -o "Dir::Etc::SourceList=$DEBS_APT/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o "Dir::State=$DEBS_APT/state" -o "Dir::State::Status=$DEBS_STATUS" \
    -o "Dir::Cache=$DEBS_APT/cache" -o "APT::Sandbox::User=$(id -un)" -o Debug::NoLocking=true \
    -o Acquire::Languages=none -o Acquire::Retries=2 -o Acquire::http::Timeout=30 "$@"
}

# Writes the private sources: each Debian archive configured here, and the backports beside the release itself.
debs_sources() {
  local codename site suite listed=''
  codename=$(debs_codename)
  while read -r site suite; do
    listed+="$site $suite main"$'\n'
    [[ $suite == "$codename" ]] && listed+="$site $codename-backports main"$'\n'
  done < <(debs_archives)
  [[ -n $listed ]] || return 1
  debs_write_sources "$listed"
}

# The name of this machine's release.
debs_codename() {
  (. /etc/os-release && echo "${VERSION_CODENAME:-}")
}

# Prints "SITE SUITE" for each archive of this machine's release that is configured here.
debs_archives() {
  local codename site suite component
  codename=$(debs_codename)
  # shellcheck disable=SC2016 # $(…) is apt's own syntax
  apt-get indextargets --no-release-info --format '$(SITE)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' | sort -u |
    while IFS='|' read -r site suite component; do
      [[ $suite == "$codename"* && $suite != *-backports && $component == main ]] && echo "$site $suite"
    done
}

# debs_write_sources LINES: makes the private sources of lines "SITE SUITE COMPONENT".
debs_write_sources() {
  local keyring=''
  [[ -r /usr/share/keyrings/debian-archive-keyring.gpg ]] &&
    keyring='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] '
  mkdir -p "$DEBS_APT/state/lists/partial" "$DEBS_APT/cache/archives/partial"
  printf '%s' "$1" | sed "s|^|deb $keyring|" >"$DEBS_APT/sources.list"
}

# Refreshes the private package lists once per process.
debs_update() {
  [[ -z ${DEBS_FRESH:-} ]] || return 0
  debs_sources || { say "no apt source of this Debian release is configured"; return 1; }
  step "reading the package lists of the Debian mirror" debs_apt apt-get update || return 1
  DEBS_FRESH=1
}

# Names packages for people: all of a few, the number of many.
debs_names() {
  if (($# > 12)); then echo "$# packages"; else echo "$*"; fi
}

# debs_unpack DIR PACKAGE[=VERSION]...: downloads these packages and unpacks them into DIR.
debs_unpack() {
  local dir=$1 deb
  shift
  mkdir -p "$dir/debs"
  (cd "$dir/debs" && step "downloading $(debs_names "$@")" debs_apt apt-get download "$@") || return 1
  for deb in "$dir"/debs/*.deb; do
    dpkg-deb -x "$deb" "$dir" || return 1
  done
  rm -r "$dir/debs"
}
