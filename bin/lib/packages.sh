# The Debian packages that this project needs, in one place, and how they get onto the machine. Sourced, never run.
# shellcheck shell=bash

# package, who needs it (build: Maven; guest: bin/demo and the system tests; test: bin/test alone; bench: bin/bench), what for
readonly KVMZONE_PACKAGES='
maven            build  builds the Java modules
gcc              build  compiles the QEMU plugin and the programs that check our layouts
libc6-dev        build  headers for both
make             build  runs the compiler for the plugin
qemu-system-x86  guest  the stock QEMU that runs the guests
qemu-utils       guest  qemu-img and qemu-io, for the disks of the tests
busybox-static   guest  the user land of the guests
e2fsprogs        guest  mkfs.ext4 in the guests
iperf3           guest  measures the network between guests
ethtool          guest  switches queues off and on in the guests
cpio             guest  packs the initramfs
iproute2         guest  network namespaces and taps on the host
tshark           test   decodes the replies of our DHCP server, and captures
libpcap0.8       test   compiles the filters of captures
isc-dhcp-client  test   a DHCP client that remembers leases
dhcpcd-base      test   a DHCP client that identifies itself by DUID
xfsprogs         test   mkfs.xfs, for volumes on it
btrfs-progs      test   mkfs.btrfs, for volumes on it
qemu-system-common bench the qemu-storage-daemon that our disks are compared with
'

# need_packages GROUP...: installs what is missing of these groups, as root or through sudo.
need_packages() {
  local package group lacking=() wanted=() installed
  while read -r package group _; do
    [[ -n $package && " $* " == *" $group "* ]] && wanted+=("$package")
  done <<<"$KVMZONE_PACKAGES"
  # One query for all of them; it exits 1 if a name is unknown, which only means: not installed.
  # shellcheck disable=SC2016 # ${…} is dpkg's own syntax
  installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "${wanted[@]}" 2>/dev/null || true)
  for package in "${wanted[@]}"; do
    grep -qx "ii $package" <<<"$installed" || lacking+=("$package")
  done
  ((${#lacking[@]} == 0)) || install_packages "${lacking[@]}"
}

install_packages() {
  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      missing "packages are missing; install them with: sudo apt-get install --no-install-recommends $*"
    fi
    as_root=(sudo)
  fi
  step "apt-get update" "${as_root[@]}" apt-get -q update ||
    say "the package lists could not be refreshed; trying with those at hand"
  step "installing $*" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y install --no-install-recommends "$@" ||
    missing "apt could not install: $*"
}
