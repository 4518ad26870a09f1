package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Ifreq;
import org.kvmzone.bridge.ffi.LinuxIfTun;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.SysIoctl;

/** Opens taps: the other end of each is an interface of this host's kernel. */
final class TapVnic {
  private static final Logger LOG = System.getLogger(TapVnic.class.getName());
  private static final String DEVICE = "/dev/net/tun";

  private TapVnic() {}

  /**
   * Opens a tap by its name; makes it, until it is closed, if there is none.
   *
   * @throws IllegalArgumentException in one line, if that cannot be done
   */
  static FdVnic open(String name, int queues, int mtu, VnicClient client, Drops drops) {
    boolean existed = exists(name);
    List<Fd> fds = new ArrayList<>();
    try {
      for (int i = 0; i < queues; i++) {
        Fd fd = openDevice();
        fds.add(fd);
        attach(fd, name, queues > 1);
        prepare(fd, name);
      }
    } catch (IllegalArgumentException | NativeException e) {
      fds.forEach(Fd::close);
      throw e;
    }
    if (!existed) {
      LOG.log(
          Level.INFO,
          "tap " + name + " is made, and down: ip link set " + name + " up lets frames through");
    }
    return new FdVnic(name, fds, queues, mtu, client, drops, () -> {});
  }

  private static boolean exists(String name) {
    try (Rtnetlink kernel = new Rtnetlink()) {
      return kernel.find(name).isPresent();
    }
  }

  /**
   * Takes over taps, macvtaps or packet sockets that are open.
   *
   * @throws IllegalArgumentException in one line, if a descriptor is none that can be used
   */
  static FdVnic adopt(List<Integer> numbers, int queues, int mtu, VnicClient client, Drops drops) {
    if (numbers.stream().allMatch(PacketVnic::isSocket)) {
      return PacketVnic.adopt(numbers, queues, mtu, client, drops);
    }
    String name = "";
    for (int number : numbers) {
      name = adopted(number);
    }
    List<Fd> fds = numbers.stream().map(Fd::new).toList();
    for (Fd fd : fds) {
      makeOurs(fd);
      prepare(fd, name);
    }
    return new FdVnic(name, fds, queues, mtu, client, drops, () -> {});
  }

  /** A descriptor that was handed over never waits, and is handed on to nobody. */
  static void makeOurs(Fd fd) {
    int _ = Fcntl.fcntl(fd.number(), Fcntl.F_SETFD, Fcntl.FD_CLOEXEC);
    int flags = Fcntl.fcntl(fd.number(), Fcntl.F_GETFL, 0);
    Errno.check(
        Fcntl.fcntl(fd.number(), Fcntl.F_SETFL, flags | Fcntl.O_NONBLOCK), "O_NONBLOCK on " + fd);
  }

  /** The name of the tap that somebody else has opened. */
  static String adopted(int number) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = Ifreq.allocate(arena, "", 0);
      int result = SysIoctl.ioctl(number, LinuxIfTun.TUNGETIFF, request.address());
      if (result == -Errno.EBADF) {
        throw new IllegalArgumentException("fd=" + number + " is not open in this process");
      }
      if (result < 0 || (Ifreq.flags(request) & LinuxIfTun.IFF_TAP) == 0) {
        throw new IllegalArgumentException("fd=" + number + " is no tap, macvtap or packet socket");
      }
      String name = Ifreq.name(request);
      if ((Ifreq.flags(request) & LinuxIfTun.IFF_VNET_HDR) == 0) {
        throw new IllegalArgumentException(
            "fd=" + number + ": tap " + name + " was opened without IFF_VNET_HDR: open it with");
      }
      if ((Ifreq.flags(request) & LinuxIfTun.IFF_NO_PI) == 0) {
        throw new IllegalArgumentException(
            "fd=" + number + ": tap " + name + " was opened without IFF_NO_PI: open it with");
      }
      return name;
    }
  }

  private static Fd openDevice() {
    try {
      return Fd.open(DEVICE, Fcntl.O_RDWR | Fcntl.O_NONBLOCK);
    } catch (NativeException e) {
      throw new IllegalArgumentException(
          switch (e.errno()) {
            case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
                DEVICE + " is missing: modprobe tun, or give the tap as fd=";
            case Errno.EACCES, Errno.EPERM ->
                DEVICE + " may not be opened by this user: give the tap as fd=, or run as root";
            default -> e.getMessage();
          },
          e);
    }
  }

  static void attach(Fd fd, String name, boolean several) {
    int flags =
        LinuxIfTun.IFF_TAP
            | LinuxIfTun.IFF_NO_PI
            | LinuxIfTun.IFF_VNET_HDR
            | (several ? LinuxIfTun.IFF_MULTI_QUEUE : 0);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = Ifreq.allocate(arena, name, flags);
      int result = SysIoctl.ioctl(fd.number(), LinuxIfTun.TUNSETIFF, request.address());
      if (result >= 0) {
        return;
      }
      throw new IllegalArgumentException(
          switch (-result) {
            case Errno.EBUSY -> "tap " + name + " is in use by another process";
            case Errno.EPERM, Errno.EACCES ->
                "no right to tap "
                    + name
                    + ": as root, ip tuntap add "
                    + name
                    + " mode tap user "
                    + System.getProperty("user.name")
                    + (several ? " multi_queue" : "");
            case Errno.EINVAL ->
                name
                    + " is an interface that is no tap, or one made "
                    + (several ? "without" : "with")
                    + " multi_queue";
            default -> "tap " + name + ": " + Errno.message(-result);
          });
    }
  }

  static void prepare(Fd fd, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocateFrom(ValueLayout.JAVA_INT, VirtioNet.HEADER);
      Errno.check(
          SysIoctl.ioctl(fd.number(), LinuxIfTun.TUNSETVNETHDRSZ, size.address()),
          "virtio-net header of tap " + name);
    }
  }
}
