# A QEMU 10 beside the stock one, from this Debian release's backports. Sourced after common.sh and debs.sh, never run.
# shellcheck shell=bash

readonly QEMU10_DIR=$KVMZONE_CACHE_DIR/qemu10

# Prints the path of a QEMU of version 10 or later, fetching it the first time; fails, with the reason said, if none is to be had.
kvmzone_qemu10() {
  locked "$KVMZONE_CACHE_DIR/lock" qemu10_fetch || return 1
  echo "$QEMU10_DIR/qemu-system-x86_64"
}

# The machine's own QEMU when it is new enough, or the one from backports with what it needs that is not installed here.
qemu10_fetch() {
  local own new=$QEMU10_DIR.new packages codename
  [[ ! -x $QEMU10_DIR/qemu-system-x86_64 ]] || return 0
  own=$(qemu-system-x86_64 --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\).*/\1/p')
  rm -rf "$new"
  mkdir -p "$new"
  if ((${own:-0} >= 10)); then
    ln -s "$(command -v qemu-system-x86_64)" "$new/qemu-system-x86_64"
  else
    debs_update || return 1
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    # What apt would install, versions included: QEMU itself and every library that is missing or too old here.
    mapfile -t packages < <(debs_apt apt-get install --simulate --no-install-recommends \
      -t "$codename-backports" qemu-system-x86 2>/dev/null | sed -n 's/^Inst \([^ ]*\) .*(\([^ ]*\) .*/\1=\2/p')
    [[ " ${packages[*]}" == *" qemu-system-x86=1:1"[0-9]* ]] || {
      say "no QEMU 10 in the backports of $codename: ${packages[*]:-apt found nothing to install}"
      return 1
    }
    debs_unpack "$new" "${packages[@]}" || return 1
    qemu10_wrapper >"$new/qemu-system-x86_64"
    chmod +x "$new/qemu-system-x86_64"
  fi
  "$new/qemu-system-x86_64" --version >/dev/null || { say "the unpacked QEMU 10 does not start"; return 1; }
  rm -rf "$QEMU10_DIR"
  mv "$new" "$QEMU10_DIR"
}

# The program that stands for the unpacked QEMU: its libraries, its modules and its firmware before the system's.
qemu10_wrapper() {
  cat <<'WRAPPER'
#!/bin/sh
d=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$d/usr/lib/x86_64-linux-gnu:$d/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export QEMU_MODULE_DIR="$d/usr/lib/x86_64-linux-gnu/qemu"
exec "$d/usr/bin/qemu-system-x86_64" \
  -L "$d/usr/share/qemu" -L "$d/usr/share/seabios" -L "$d/usr/lib/ipxe/qemu" -L /usr/lib/ipxe/qemu "$@"
WRAPPER
}
