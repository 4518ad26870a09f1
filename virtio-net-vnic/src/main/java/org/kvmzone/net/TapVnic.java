package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Ifreq;
import org.kvmzone.bridge.ffi.LinuxIfTun;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.SysIoctl;

/**
 * A VNIC on a tap: the other end of it is an interface of this host's kernel. Each pair of queues
 * has a descriptor of its own; if an operator hands over fewer, the pairs share them.
 *
 * <p>Checksums and segmentation that the guest leaves undone are the kernel's to do, and the kernel
 * leaves undone what the guest takes so.
 */
final class TapVnic implements Vnic {
  private static final Logger LOG = System.getLogger(TapVnic.class.getName());
  private static final String DEVICE = "/dev/net/tun";

  /** TUN_F_USO4 and TUN_F_USO6, of kernels since 6.2: newer than the headers that we check. */
  private static final int USO4 = 0x20;

  private static final int USO6 = 0x40;

  private final String name;
  private final boolean uso;

  private final List<Fd> fds;
  private final List<TapWriter> writers = new ArrayList<>();
  private final List<TapReader> readers = new ArrayList<>();

  /**
   * A VNIC on descriptors that are set up.
   *
   * @param name the interface's, for messages
   * @param queues pairs of queues, at least as many as descriptors
   */
  TapVnic(String name, List<Fd> fds, int queues, int mtu, VnicClient client, Drops drops) {
    this.name = name;
    this.fds = List.copyOf(fds);
    uso = setOffloads(LinuxIfTun.TUN_F_CSUM | USO4 | USO6) >= 0;
    int ignored = setOffloads(0);
    for (int i = 0; i < queues; i++) {
      writers.add(new TapWriter(name, fds.get(i % fds.size()), drops));
    }
    for (int i = 0; i < fds.size(); i++) {
      readers.add(new TapReader(name, i, fds.get(i), writers, client, drops));
    }
  }

  /**
   * Opens a tap by its name; makes it, until it is closed, if there is none.
   *
   * @throws IllegalArgumentException in one line, if that cannot be done
   */
  static TapVnic open(String name, int queues, int mtu, VnicClient client, Drops drops) {
    boolean existed = Files.exists(Path.of("/sys/class/net", name));
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
    return new TapVnic(name, fds, queues, mtu, client, drops);
  }

  /**
   * Takes over taps that are open.
   *
   * @throws IllegalArgumentException in one line, if a descriptor is none that can be used
   */
  static TapVnic adopt(List<Integer> numbers, int queues, int mtu, VnicClient client, Drops drops) {
    String name = "";
    for (int number : numbers) {
      name = adopted(number);
    }
    List<Fd> fds = numbers.stream().map(Fd::new).toList();
    for (Fd fd : fds) {
      int ignored = Fcntl.fcntl(fd.number(), Fcntl.F_SETFD, Fcntl.FD_CLOEXEC);
      int flags = Fcntl.fcntl(fd.number(), Fcntl.F_GETFL, 0);
      Errno.check(
          Fcntl.fcntl(fd.number(), Fcntl.F_SETFL, flags | Fcntl.O_NONBLOCK), "O_NONBLOCK on " + fd);
      prepare(fd, name);
    }
    return new TapVnic(name, fds, queues, mtu, client, drops);
  }

  /** The name of the tap that somebody else has opened. */
  private static String adopted(int number) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = Ifreq.allocate(arena, "", 0);
      int result = SysIoctl.ioctl(number, LinuxIfTun.TUNGETIFF, request.address());
      if (result == -Errno.EBADF) {
        throw new IllegalArgumentException("fd=" + number + " is not open in this process");
      }
      if (result < 0 || (Ifreq.flags(request) & LinuxIfTun.IFF_TAP) == 0) {
        throw new IllegalArgumentException("fd=" + number + " is no tap");
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

  private static void attach(Fd fd, String name, boolean several) {
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

  private static void prepare(Fd fd, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocateFrom(ValueLayout.JAVA_INT, VirtioNet.HEADER);
      Errno.check(
          SysIoctl.ioctl(fd.number(), LinuxIfTun.TUNSETVNETHDRSZ, size.address()),
          "virtio-net header of tap " + name);
    }
  }

  /** Whether the kernel segments UDP. */
  @Override
  public Offloads offloads() {
    return uso ? Offloads.EVERY : Offloads.EVERY.withoutUso();
  }

  @Override
  public void negotiated(Offloads guest) {
    int result =
        setOffloads(
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

  private int setOffloads(int flags) {
    int result = 0;
    for (Fd fd : fds) {
      result = Math.min(result, SysIoctl.ioctl(fd.number(), LinuxIfTun.TUNSETOFFLOAD, flags));
    }
    return result;
  }

  @Override
  public int send(int queue, FrameBatch batch) {
    return writers.get(queue).send(batch);
  }

  @Override
  public List<EventSource> sources(int queue) {
    return queue < readers.size() ? List.of(readers.get(queue)) : List.of();
  }

  @Override
  public void close() {
    fds.forEach(Fd::close);
  }
}
