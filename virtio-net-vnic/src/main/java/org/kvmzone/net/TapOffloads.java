package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.LinuxIfTun;
import org.kvmzone.bridge.ffi.SysIoctl;

/**
 * What a tap's kernel and we leave undone for each other: checksums and segmentation that the guest
 * leaves undone are the kernel's to do, and the kernel leaves undone what the guest takes so.
 */
final class TapOffloads {
  private static final Logger LOG = System.getLogger(TapOffloads.class.getName());

  /** TUN_F_USO4 and TUN_F_USO6, of kernels since 6.2: newer than the headers that we check. */
  private static final int USO4 = 0x20;

  private static final int USO6 = 0x40;

  private final String name;
  private final List<Fd> fds;
  private final boolean uso;

  /**
   * Those of a tap or macvtap, of which the kernel leaves nothing undone for now.
   *
   * @param name the interface's, for messages
   * @param fds all of its descriptors that are ours
   */
  TapOffloads(String name, List<Fd> fds) {
    this.name = name;
    this.fds = List.copyOf(fds);
    uso = set(LinuxIfTun.TUN_F_CSUM | USO4 | USO6) >= 0;
    leave(new Offloads(0));
  }

  /** What the kernel does for us; whether it segments UDP too is its version's. */
  Offloads taken() {
    return uso ? Offloads.EVERY : Offloads.EVERY.withoutUso();
  }

  /** The kernel leaves undone what somebody takes so, from now on. */
  void leave(Offloads guest) {
    int result =
        set(
            flag(guest, VirtioNet.GUEST_CSUM, LinuxIfTun.TUN_F_CSUM)
                | flag(guest, VirtioNet.GUEST_TSO4, LinuxIfTun.TUN_F_TSO4)
                | flag(guest, VirtioNet.GUEST_TSO6, LinuxIfTun.TUN_F_TSO6)
                | flag(guest, VirtioNet.GUEST_ECN, LinuxIfTun.TUN_F_TSO_ECN)
                | usoFlags(guest));
    if (result < 0) {
      // Nothing is lost by it: what the guest does not take is done here.
      LOG.log(
          Level.WARNING, "tap " + name + ": offloads stay as they are: " + Errno.message(-result));
    }
  }

  /** The kernel knows both or none. */
  private int usoFlags(Offloads guest) {
    boolean both = guest.has(VirtioNet.GUEST_USO4) && guest.has(VirtioNet.GUEST_USO6);
    return uso && both ? USO4 | USO6 : 0;
  }

  private static int flag(Offloads guest, long feature, int flag) {
    return guest.has(feature) ? flag : 0;
  }

  private int set(int flags) {
    int result = 0;
    for (Fd fd : fds) {
      result = Math.min(result, SysIoctl.ioctl(fd.number(), LinuxIfTun.TUNSETOFFLOAD, flags));
    }
    return result;
  }
}
