# The ZFS kit: a guest with OpenZFS in its kernel and a Java in its user land, for the tests that need real pools. Sourced
# after common.sh, jdk.sh, debs.sh and guest.sh, never run.
#
# Nothing is installed. The user land is Debian's packages, unpacked; the kernel is the guest kit's, while the archive has the
# headers for it; OpenZFS's modules are built against these from Debian's source package, which takes some minutes and is
# done once for each pair of kernel and OpenZFS. What the guest does is told by lib/zfs/initramfs and lib/zfs/init.
# shellcheck shell=bash

readonly ZFS_DIR=$KVMZONE_CACHE_DIR/zfs
readonly ZFS_SOURCES=$KVMZONE_HOME/bin/lib/zfs
# QEMU is there for its qemu-img, and for a guest's guest; OpenSSH for streams that go through it.
readonly ZFS_PACKAGES='zfsutils-linux udev kmod busybox-static libc-bin bash coreutils util-linux mount e2fsprogs dmsetup grep sed
  bsdutils qemu-utils qemu-system-x86 openssh-client openssh-server'
# What comes with these only because it installs them, or serves programs that no test runs.
readonly ZFS_UNUSED='perl|python|usrmerge|debconf|dpkg|adduser|passwd|media-types|sqlite|iso-codes|ipxe|ucf|procps|sysvinit|runit|semanage'
# OpenZFS's libraries and headers for tests on this machine, which has none installed: lib and include.
# shellcheck disable=SC2034 # used by those who source this
readonly ZFS_LENT=$ZFS_DIR/lent
# The drivers that the guest needs to reach its root.
readonly ZFS_BOOT_MODULES='virtio_pci virtio_blk'
readonly ZFS_JAVA_MODULES=java.se,jdk.unsupported,jdk.management

# Makes sure that $ZFS_DIR has vmlinuz, initrd, root.img, java.img and lent; fails, with the reason said, if it can't.
need_zfs() {
  # A lock and package lists of its own: who needs only the guest kit does not wait for a compiler.
  locked "$KVMZONE_CACHE_DIR/zfs.lock" zfs_refresh
}

zfs_refresh() {
  local DEBS_APT=$KVMZONE_CACHE_DIR/apt-zfs key java
  # Nothing counts as installed: so apt names every package, the C library included.
  local DEBS_STATUS=$DEBS_APT/status
  key=$(cat "${BASH_SOURCE[0]}" "$ZFS_SOURCES"/* | cksum) || return 1
  mkdir -p "$ZFS_DIR"
  [[ "$key" == "$(cat "$ZFS_DIR/key" 2>/dev/null)" ]] || {
    zfs_make || return 1
    echo "$key" >"$ZFS_DIR/key"
  }
  java="$(jdk_build) $ZFS_JAVA_MODULES"
  [[ "$java" == "$(cat "$ZFS_DIR/java.key" 2>/dev/null)" ]] || {
    step "packing a Java for guests with OpenZFS" zfs_pack_java || return 1
    echo "$java" >"$ZFS_DIR/java.key"
  }
}

# Makes everything but java.img, of what the archive has today.
zfs_make() {
  local kernel release version packages root=$ZFS_DIR/root
  rm -f "$ZFS_DIR/key"
  zfs_lists || return 1
  version=$(zfs_candidate zfs-dkms)
  [[ -n $version ]] || { say "the Debian mirror has no zfs-dkms in contrib"; return 1; }
  kernel=$(zfs_kernel "$version") || return 1
  release=$(basename "$kernel"/lib/modules/*)
  [[ -d $ZFS_DIR/modules/$release/$version ]] || zfs_build "$release" "$version" || return 1
  # shellcheck disable=SC2086 # words
  mapfile -t packages < <(zfs_closure $ZFS_PACKAGES | grep -Ev "$ZFS_UNUSED")
  ((${#packages[@]} > 0)) || { say "apt finds no way to install $ZFS_PACKAGES"; return 1; }
  rm -rf "$root"
  debs_unpack "$root" "${packages[@]}" || return 1
  zfs_lend "$root" || return 1
  step "packing guests with OpenZFS $version and Linux $release" zfs_pack "$kernel" "$release" "$version" || return 1
  rm -rf "$root"
}

# Refreshes package lists that have contrib, too, where Debian keeps OpenZFS.
zfs_lists() {
  local site suite listed=''
  while read -r site suite; do
    listed+="$site $suite main contrib"$'\n'
  done < <(debs_archives)
  [[ -n $listed ]] || { say "no apt source of this Debian release is configured"; return 1; }
  debs_write_sources "$listed"
  : >"$DEBS_STATUS"
  step "reading the package lists with contrib" debs_apt apt-get update
}

# zfs_candidate PACKAGE: prints the version that the archive has today, or nothing.
zfs_candidate() {
  debs_apt apt-cache show "$1" 2>/dev/null | sed -n 's/^Version: //p;T;q'
}

# zfs_closure PACKAGE...: prints the names of these packages and of all that they depend on.
zfs_closure() {
  debs_apt apt-get install --simulate --no-install-recommends "$@" 2>/dev/null | sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# zfs_kernel VERSION: prints where a kernel is unpacked that has modules of this OpenZFS, or that the archive has headers for:
# the guest kit's, or today's.
zfs_kernel() {
  local kernel=$GUEST_DIR/kernel release package
  release=$(basename "$kernel"/lib/modules/*)
  if [[ ! -d $kernel ]] ||
    [[ ! -d $ZFS_DIR/modules/$release/$1 && -z $(zfs_candidate "linux-headers-$release") ]]; then
    kernel=$ZFS_DIR/kernel
    package=$(debs_apt apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p;T;q')
    rm -rf "$kernel"
    debs_unpack "$kernel" "$package" || return 1
  fi
  echo "$kernel"
}

# zfs_build RELEASE VERSION: fills $ZFS_DIR/modules/RELEASE/VERSION.
zfs_build() {
  local build=$ZFS_DIR/build out=$ZFS_DIR/modules/$1/$2 headers
  # The headers in all their parts, and a library that one of their programs is linked with.
  mapfile -t headers < <(zfs_closure "linux-headers-$1" | grep -E '^(linux-|libelf)')
  rm -rf "$build" "$out.new"
  debs_unpack "$build" "${headers[@]}" "zfs-dkms=$2" || return 1
  step "building OpenZFS $2 for Linux $1, which takes some minutes once" zfs_compile "$1" "$build" || return 1
  mkdir -p "$out.new"
  cp "$build"/usr/src/zfs-*/module/*/*.ko "$out.new"
  strip -g "$out.new"/*.ko
  mv "$out.new" "$out"
  rm -rf "$build"
}

# zfs_compile RELEASE BUILD: makes the modules in an unpacked source package, with the headers unpacked beside it.
zfs_compile() (
  headers=$2/usr/src/linux-headers-$1
  sed -i "s#/usr/src#$2/usr/src#" "$headers/Makefile"
  cd "$2"/usr/src/zfs-* || exit 1
  export LD_LIBRARY_PATH=$2/usr/lib/x86_64-linux-gnu
  nice ./configure --prefix=/usr --with-config=kernel "--with-linux-obj=$headers" \
    --with-linux="$(echo "$2"/usr/src/linux-headers-*-common)" || exit 1
  nice make -j"$(nproc)"
)

# zfs_lend ROOT: fills $ZFS_LENT with what of the unpacked packages a binding is tested with, and its headers.
zfs_lend() {
  local headers=$ZFS_DIR/headers libraries=$1/lib/x86_64-linux-gnu
  rm -rf "$headers" "$ZFS_LENT"
  debs_unpack "$headers" libzfslinux-dev || return 1
  mkdir -p "$ZFS_LENT/lib"
  mv "$headers/usr/include" "$ZFS_LENT/include"
  rm -r "$headers"
  # With all that they are linked with but the C library, which this machine has of the same release.
  LD_LIBRARY_PATH=$libraries:$1/usr/lib/x86_64-linux-gnu ldd "$libraries/libzfs_core.so.3" | awk '$2 == "=>" { print $3 }' |
    grep "^$1/" | grep -Ev '/(libc|libm|libpthread|libresolv|librt|libdl)\.so' |
    xargs cp -L -t "$ZFS_LENT/lib" "$libraries/libzfs_core.so.3"
}

# zfs_pack KERNEL RELEASE VERSION: makes vmlinuz, initrd and root.img of the unpacked kernel and packages.
zfs_pack() {
  local kernel=$1 release=$2 root=$ZFS_DIR/root ram=$ZFS_DIR/ram module
  cp "$kernel/boot/vmlinuz-$release" "$ZFS_DIR/vmlinuz"
  cp -r "$kernel/lib/modules" "$root/lib/"
  mkdir -p "$root/lib/modules/$release/updates"
  cp "$ZFS_DIR/modules/$release/$3"/*.ko "$root/lib/modules/$release/updates/"
  # The unpacked program, since kmod may not be installed here, with the libraries it was made for.
  "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" \
    --argv0 depmod "$root/bin/kmod" -b "$root" "$release" || return 1
  rm -rf "$ram"
  mkdir -p "$ram"/{bin,dev,root,modules}
  cp "$ZFS_SOURCES/initramfs" "$ram/init"
  cp "$root/bin/busybox" "$ram/bin/"
  for module in $ZFS_BOOT_MODULES; do
    guest_module "$kernel" "$module" "$ram/modules" || return 1
  done
  (cd "$ram" && find . | cpio --quiet -o -H newc -R 0:0) >"$ZFS_DIR/initrd"
  rm -r "$ram"

  mkdir -p "$root"/{proc,sys,dev,run,tmp,mnt,root,java,app,boot}
  # For images that are made in there, which have a kernel too.
  cp "$ZFS_DIR"/{vmlinuz,initrd} "$root/boot/"
  # The second is who OpenSSH is before it knows who has come.
  printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' 'sshd:x:100:65534:sshd:/run/sshd:/bin/false' >"$root/etc/passwd"
  ln -sf bash "$root/bin/sh"
  ln -sf mawk "$root/usr/bin/awk"
  cp "$ZFS_SOURCES/init" "$root/init"
  zfs_image "$root" "$ZFS_DIR/root.img"
}

# Makes java.img: a run time of the JDK in use.
zfs_pack_java() {
  local java=$ZFS_DIR/java
  rm -rf "$java"
  "$JAVA_HOME/bin/jlink" --add-modules "$ZFS_JAVA_MODULES" --strip-debug --no-header-files --no-man-pages \
    --generate-cds-archive --output "$java" || return 1
  zfs_image "$java" "$ZFS_DIR/java.img" || return 1
  rm -r "$java"
}

# zfs_image DIR FILE: makes a file system of what is in a directory, with room for as much again.
zfs_image() {
  local mib
  mib=$(du -sm "$1" | cut -f 1)
  rm -f "$2.new"
  /sbin/mke2fs -q -t ext4 -O ^has_journal -E root_owner=0:0 -d "$1" "$2.new" "$((2 * mib + 16))M" || return 1
  mv "$2.new" "$2"
}
