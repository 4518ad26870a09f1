# The guest kit: a kernel and an initramfs that boot in a few seconds without KVM. Sourced after common.sh and debs.sh,
# never run.
#
# The kernel is Debian's for clouds, fio and QEMU's guest agent are Debian's, too, all unpacked and not installed; the rest of
# the user land is busybox, mke2fs, iperf3 and ethtool as installed here, with their libraries. What the guest does is told by lib/guest/init.
# shellcheck shell=bash

readonly GUEST_DIR=$KVMZONE_CACHE_DIR/guest
readonly GUEST_SOURCES=$KVMZONE_HOME/bin/lib/guest
# The drivers that the guests need and that the kernel has as modules.
readonly GUEST_MODULES='qemu_fw_cfg virtio_pci virtio_blk virtio_net virtio_console'

# Makes sure that $GUEST_DIR has vmlinuz and initrd, of the packages installed now; the kernel stays the one first fetched.
need_guest() {
  locked "$KVMZONE_CACHE_DIR/lock" guest_refresh
}

guest_refresh() {
  local key
  key=$(cat "${BASH_SOURCE[0]}" "$GUEST_SOURCES"/* | cksum) || return 1
  # shellcheck disable=SC2016 # ${…} is dpkg's own syntax
  key+=$(dpkg-query -W -f ' ${Package}=${Version}' busybox-static e2fsprogs iperf3 ethtool libc6)
  [[ -f $GUEST_DIR/vmlinuz ]] || guest_fetch_kernel || return 1
  [[ -d $GUEST_DIR/fio ]] || guest_fetch_fio || return 1
  [[ -d $GUEST_DIR/agent ]] || guest_fetch_agent || return 1
  [[ "$key" == "$(cat "$GUEST_DIR/key" 2>/dev/null)" ]] || {
    step "packing the guests' initramfs" guest_pack || return 1
    echo "$key" >"$GUEST_DIR/key"
  }
}

# Fetches the kernel that linux-image-cloud-amd64 stands for today; archives keep no older ones.
guest_fetch_kernel() {
  local new=$GUEST_DIR.new package
  debs_update || return 1
  package=$(debs_apt apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p;T;q')
  [[ -n $package ]] || { say "the Debian mirror has no linux-image-cloud-amd64"; return 1; }
  rm -rf "$new"
  debs_unpack "$new/kernel" "$package" || return 1
  cp "$new"/kernel/boot/vmlinuz-* "$new/vmlinuz"
  rm -rf "$GUEST_DIR"
  mv "$new" "$GUEST_DIR"
}

guest_fetch_fio() {
  local new=$GUEST_DIR/fio.new
  debs_update || return 1
  rm -rf "$new"
  debs_unpack "$new" fio libaio1 libnuma1 || return 1
  mv "$new" "$GUEST_DIR/fio"
}

# Its libraries are QEMU's own, which is installed.
guest_fetch_agent() {
  local new=$GUEST_DIR/agent.new
  debs_update || return 1
  rm -rf "$new"
  debs_unpack "$new" qemu-guest-agent || return 1
  mv "$new" "$GUEST_DIR/agent"
}

guest_pack() {
  local root=$GUEST_DIR/root module
  rm -rf "$root"
  mkdir -p "$root"/{bin,sbin,lib/modules,lib64,etc}
  cp "$GUEST_SOURCES/init" "$root/init"
  cp "$GUEST_SOURCES/dhcp-event" "$root/lib/dhcp-event"
  cp /bin/busybox "$root/bin/busybox"
  cp /etc/mke2fs.conf "$root/etc/"
  guest_program /sbin/mke2fs "$root/sbin"
  ln -s mke2fs "$root/sbin/mkfs.ext4"
  guest_program /usr/bin/iperf3 "$root/bin"
  guest_program /usr/sbin/ethtool "$root/bin"
  guest_program "$GUEST_DIR/agent/usr/sbin/qemu-ga" "$root/sbin"
  guest_fio "$root" || return 1
  for module in $GUEST_MODULES; do
    guest_module "$GUEST_DIR/kernel" "$module" "$root/lib/modules" || return 1
  done
  (cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$GUEST_DIR/initrd.new"
  mv "$GUEST_DIR/initrd.new" "$GUEST_DIR/initrd"
  rm -rf "$root"
}

# guest_program FILE DIR: copies a program into DIR, its libraries beside, its loader where it expects it.
guest_program() {
  local library
  cp "$1" "$2"
  while read -r library; do
    case $library in
    */ld-linux-*) cp -L "$library" "$root/lib64/" ;;
    *) cp -L "$library" "$root/lib/" ;;
    esac
  done < <(ldd "$1" | grep -o '/[^ ]*')
}

# guest_fio DIR: copies fio. It is linked with the clients of many storage clusters, 70 MB with all that these need; in their
# place the guest gets one library, whose functions only end the program.
guest_fio() {
  local root=$1 fio=$GUEST_DIR/fio/usr/bin/fio build name
  local libraries=()
  build=$(mktemp -d)
  mapfile -t libraries < <(
    LD_LIBRARY_PATH=$(printf '%s:' "$GUEST_DIR"/fio/{,usr/}lib/x86_64-linux-gnu) ldd "$fio" |
      grep -E -w 'lib(c|m|z|aio|numa)\.so' | grep -o '/[^ ]*'
  )
  cp -L "${libraries[@]}" "$root/lib/"
  cp "$fio" "$root/bin/"
  nm -D --undefined-only "$fio" | sed -n 's/.* U //p' | tr '@' ' ' | sort -u >"$build/wanted"
  nm -D --defined-only "${libraries[@]}" | sed -n 's/.* [A-Za-z] \([^@]*\).*/\1/p' | sort -u >"$build/there"
  join -v 1 "$build/wanted" "$build/there" >"$build/lacking"
  awk '{ print "void " $1 "(void) { __builtin_trap(); }" }' "$build/lacking" >"$build/lacking.c"
  # The loader wants each function in the version that it was linked with.
  awk 'NF > 1 { functions[$2] = functions[$2] $1 "; " } END { for (v in functions) print v " { " functions[v] "};" }' \
    "$build/lacking" >"$build/versions"
  gcc -w -shared -fPIC -nostdlib -Wl,--version-script="$build/versions" "$build/lacking.c" -o "$root/lib/lacking.so" ||
    return 1
  for name in $(readelf -d "$fio" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    [[ -e $root/lib/$name ]] || ln -s lacking.so "$root/lib/$name"
  done
  rm -r "$build"
}

# guest_module KERNEL NAME DIR: copies a module of an unpacked kernel after those it needs, and notes it in the order of
# loading.
guest_module() {
  local kernel=$1 name=$2 dir=$3 file need
  [[ ! -e $dir/$name.ko ]] || return 0
  file=$(find "$kernel" -name "$name.ko" -o -name "${name//_/-}.ko" -o -name "$name.ko.xz")
  [[ -n $file ]] || { echo "the kernel has no module $name"; return 1; }
  case $file in
  *.xz) xz -dc "$file" >"$dir/$name.ko" ;;
  *) cp "$file" "$dir/$name.ko" ;;
  esac
  for need in $(tr '\0' '\n' <"$dir/$name.ko" | sed -n 's/^depends=//p' | tr ',' ' '); do
    guest_module "$kernel" "$need" "$dir" || return 1
  done
  echo "$name" >>"$dir/order"
}
