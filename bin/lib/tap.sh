# A tap in a network namespace of its own, for who may make one: root, or any user where user namespaces are allowed.
# Sourced after common.sh, never run.
# shellcheck shell=bash

# The namespace keeps the user who made it: what runs in it finds its files, and itself, as outside.
TAP_UNSHARE=(unshare --net)
((EUID == 0)) || TAP_UNSHARE+=(--user --map-current-user --keep-caps)

tap_possible() {
  [[ -c /dev/net/tun ]] && "${TAP_UNSHARE[@]}" ip tuntap add kvmtap mode tap 2>/dev/null
}

# tap_run TAP ADDRESS COMMAND…: becomes a command in a new network namespace that has this tap, its host's side up.
tap_run() {
  local tap=$1 address=$2
  shift 2
  # shellcheck disable=SC2016 # the inner shell expands it
  exec "${TAP_UNSHARE[@]}" bash -ec '
    tap=$1 address=$2
    shift 2
    ip link set lo up
    ip tuntap add "$tap" mode tap user "$(id -u)" vnet_hdr
    ip addr add "$address" dev "$tap"
    ip link set "$tap" up
    exec "$@"' tap "$tap" "$address" "$@"
}
