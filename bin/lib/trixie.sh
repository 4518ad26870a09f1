# Programs of Debian 13 (trixie). Front ends that need no guest: qemu-img, qemu-io and blkio-bench on libblkio, and DPDK's
# testpmd; and the back ends that ours are compared with: testpmd again, and qemu-storage-daemon. They are unpacked with the C library that they need and run by its loader. Sourced after common.sh and debs.sh, never run.
# shellcheck shell=bash

readonly TRIXIE_DIR=$KVMZONE_CACHE_DIR/trixie
readonly TRIXIE_PROGRAMS='qemu-img qemu-io qemu-storage-daemon blkio-bench dpdk-testpmd'
# Of DPDK's many drivers those that the tests and benchmarks use.
readonly TRIXIE_DRIVERS='net_virtio net_vhost net_af_xdp net_pcap mempool_ring'
readonly TRIXIE_LIBRARIES=usr/lib/x86_64-linux-gnu
readonly TRIXIE_APT=$KVMZONE_CACHE_DIR/apt-trixie

# Makes sure that $TRIXIE_DIR/bin has the programs, fetching them the first time; fails, with the reason said, if it can't.
need_trixie() {
  locked "$KVMZONE_CACHE_DIR/lock" trixie_fetch
}

trixie_fetch() {
  local new=$TRIXIE_DIR.new packages
  [[ ! -d $TRIXIE_DIR ]] || { trixie_arrange "$TRIXIE_DIR"; return; }
  # State of its own, on which nothing is installed: so apt names every package, the C library included.
  local DEBS_APT=$TRIXIE_APT DEBS_STATUS=$TRIXIE_APT/status
  trixie_lists || return 1
  mapfile -t packages < <(trixie_packages)
  [[ " ${packages[*]} " == *" libblkio1 "* && " ${packages[*]} " == *" dpdk-dev "* ]] || {
    say "Debian 13 has no libblkio or no DPDK: ${packages[*]:-apt found nothing}"
    return 1
  }
  rm -rf "$new"
  # QEMU's module for libblkio is in a package with many others, whose libraries nobody needs here.
  debs_unpack "$new" "${packages[@]}" qemu-block-extra || return 1
  step "compiling blkio-bench" trixie_compile "$new" blkio-bench || return 1
  trixie_arrange "$new" || return 1
  "$new/bin/qemu-img" --version >/dev/null || { say "the unpacked qemu-img does not start"; return 1; }
  mv "$new" "$TRIXIE_DIR"
}

# trixie_arrange DIR: puts the drivers and the programs where they are looked for, those that an older DIR has not got too.
trixie_arrange() {
  local dir=$1 driver program
  mkdir -p "$dir/bin" "$dir/drivers"
  for driver in $TRIXIE_DRIVERS; do
    [[ -n $(compgen -G "$dir/drivers/librte_$driver.so.*") ]] ||
      cp "$dir/$TRIXIE_LIBRARIES"/dpdk/pmds-*/"librte_$driver".so.*.* "$dir/drivers" || return 1
  done
  for program in $TRIXIE_PROGRAMS; do
    [[ ! -x $dir/bin/$program ]] || continue
    trixie_wrapper "$program" >"$dir/bin/$program"
    chmod +x "$dir/bin/$program"
  done
}

# Makes sure that $TRIXIE_DIR/bin has passt, which one benchmark asks for; fails, with the reason said, if it can't.
need_passt() {
  need_trixie && locked "$KVMZONE_CACHE_DIR/lock" passt_fetch
}

passt_fetch() {
  local program=passt
  local DEBS_APT=$TRIXIE_APT DEBS_STATUS=$TRIXIE_APT/status
  [[ ! -x $TRIXIE_DIR/bin/passt ]] || return 0
  trixie_lists || return 1
  debs_unpack "$TRIXIE_DIR" passt || return 1
  # It would start that by itself, but does not find it when it is run by a loader.
  ! grep -qw avx2 /proc/cpuinfo || program=passt.avx2
  trixie_wrapper "$program" >"$TRIXIE_DIR/bin/passt.new"
  chmod +x "$TRIXIE_DIR/bin/passt.new"
  mv "$TRIXIE_DIR/bin/passt.new" "$TRIXIE_DIR/bin/passt"
}

# Reads Debian 13's package lists.
trixie_lists() {
  trixie_sources || { say "no apt source of Debian is configured"; return 1; }
  step "reading the package lists of Debian 13" debs_apt apt-get update
}

# Prints the packages that hold the programs, the libraries of these, and the headers of libblkio.
trixie_packages() {
  debs_apt apt-get install --simulate --no-install-recommends qemu-utils libblkio-dev dpdk-dev 2>/dev/null |
    sed -n 's/^Inst \([^ ]*\) .*/\1/p' |
    awk '/^(qemu-utils|libblkio-dev|dpdk-dev)$/ || /^(lib|zlib|ibverbs)/ && !/-dev$/ && !/^lib(perl|python)/'
}

# Writes the private sources: this machine's mirror of Debian, for another release.
trixie_sources() {
  local codename site suite
  codename=$(debs_codename)
  while read -r site suite; do
    [[ $suite != "$codename" ]] || break
  done < <(debs_archives)
  [[ $suite == "$codename" ]] || return 1
  debs_write_sources "$site trixie main"$'\n'
  : >"$DEBS_STATUS"
}

# trixie_compile DIR PROGRAM: makes one of libblkio's examples, which no package has as a program.
trixie_compile() {
  local dir=$1 source
  source=$(find "$dir/usr/share/doc/libblkio-dev" -name "$2.c" -o -name "$2.c.gz")
  [[ -n $source ]] || { echo "libblkio-dev has no example $2"; return 1; }
  # Its C library is newer than ours, and is there when the program runs.
  gunzip -cf "$source" | gcc -O2 -x c -I "$dir/usr/include" -o "$dir/usr/bin/$2" - -x none \
    "$dir/$TRIXIE_LIBRARIES/libblkio.so.1" -lpthread -Wl,--allow-shlib-undefined
}

# The program that stands for an unpacked one.
trixie_wrapper() {
  cat <<WRAPPER
#!/bin/sh
d=\$(dirname "\$(readlink -f "\$0")")/..
export QEMU_MODULE_DIR="\$d/$TRIXIE_LIBRARIES/qemu"
exec "\$d/usr/lib64/ld-linux-x86-64.so.2" --library-path "\$d/$TRIXIE_LIBRARIES" "\$d/usr/bin/$1" "\$@"
WRAPPER
}
