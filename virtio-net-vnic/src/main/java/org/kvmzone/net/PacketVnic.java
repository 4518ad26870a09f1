package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.LinuxIfPacket;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.PacketMreq;
import org.kvmzone.bridge.ffi.SockaddrLl;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.packet.MacAddress;

/**
 * Opens packet sockets on a link of this host, packet(7): nothing is made, and any kind of link
 * will do. What the host itself sends by the link is not received, as with a macvtap.
 */
final class PacketVnic {
  private static final int ALL_PROTOCOLS = 3;

  private PacketVnic() {}

  /**
   * Opens a link.
   *
   * @param over its name
   * @param mac the address of the only station behind it, that the link is to receive for; nobody's
   *     (0) to receive what is for anybody
   * @throws IllegalArgumentException in one line, if that cannot be done
   */
  static FdVnic open(
      String over, MacAddress mac, int queues, int mtu, VnicClient client, Drops drops) {
    List<Fd> fds = new ArrayList<>();
    try (Rtnetlink kernel = new Rtnetlink();
        Arena arena = Arena.ofConfined()) {
      Rtnetlink.Link link =
          kernel
              .find(over)
              .orElseThrow(() -> new IllegalArgumentException("there is no link " + over));
      int fanout = LinuxIfPacket.PACKET_FANOUT_FLAG_UNIQUEID << 16;
      for (int i = 0; i < queues; i++) {
        Fd fd = socket(over);
        fds.add(fd);
        prepare(fd, over, arena);
        receiveFor(fd, link, mac, arena);
        bind(fd, link, arena);
        if (queues > 1) {
          set(fd, LinuxIfPacket.PACKET_FANOUT, fanout, "fanout on " + over, arena);
          fanout = (group(fd, arena) & 0xffff) | (LinuxIfPacket.PACKET_FANOUT_HASH << 16);
        }
      }
      return FdVnic.ofSockets(over, fds, queues, mtu, client, drops);
    } catch (RuntimeException e) {
      fds.forEach(Fd::close);
      throw e;
    }
  }

  /**
   * Takes over packet sockets that are bound.
   *
   * @throws NativeException if one of them cannot be set up
   */
  static FdVnic adopt(List<Integer> numbers, int queues, int mtu, VnicClient client, Drops drops) {
    List<Fd> fds = numbers.stream().map(Fd::new).toList();
    String name = "fd=" + numbers.getFirst();
    try (Arena arena = Arena.ofConfined()) {
      for (Fd fd : fds) {
        TapVnic.makeOurs(fd);
        prepare(fd, name, arena);
      }
    }
    return FdVnic.ofSockets(name, fds, queues, mtu, client, drops);
  }

  /** Whether a descriptor is a packet socket. */
  static boolean isSocket(int number) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, Integer.BYTES);
      int result =
          SysSocket.getsockopt(number, SysSocket.SOL_SOCKET, SysSocket.SO_DOMAIN, value, length);
      return result == 0 && value.get(ValueLayout.JAVA_INT, 0) == SysSocket.AF_PACKET;
    }
  }

  private static Fd socket(String over) {
    int type = SysSocket.SOCK_RAW | SysSocket.SOCK_CLOEXEC | SysSocket.SOCK_NONBLOCK;
    int made = SysSocket.socket(SysSocket.AF_PACKET, type, 0); // deaf until it is bound
    if (made == -Errno.EPERM || made == -Errno.EACCES) {
      throw new IllegalArgumentException(
          "no right to a packet socket on " + over + ": run as root, or give it as fd=");
    }
    return new Fd(Errno.check(made, "packet socket on " + over));
  }

  private static void prepare(Fd fd, String over, Arena arena) {
    set(fd, LinuxIfPacket.PACKET_VNET_HDR, 1, "virtio-net header of " + over, arena);
    set(fd, LinuxIfPacket.PACKET_AUXDATA, 1, "tags of " + over, arena);
    set(fd, LinuxIfPacket.PACKET_IGNORE_OUTGOING, 1, "own frames of " + over, arena);
  }

  /**
   * Has a link receive for a station until this is closed, and hears nothing of it.
   *
   * @param mac nobody's (0) to have it receive what is for anybody
   * @throws NativeException if that cannot be done
   */
  static Fd membership(Rtnetlink.Link link, MacAddress mac) {
    Fd fd = socket(link.name());
    try (Arena arena = Arena.ofConfined()) {
      receiveFor(fd, link, mac, arena);
      return fd;
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  private static void receiveFor(Fd fd, Rtnetlink.Link link, MacAddress mac, Arena arena) {
    boolean all = mac.value() == 0;
    member(
        fd,
        link,
        all ? LinuxIfPacket.PACKET_MR_PROMISC : LinuxIfPacket.PACKET_MR_UNICAST,
        mac,
        arena);
    if (!all) {
      member(fd, link, LinuxIfPacket.PACKET_MR_ALLMULTI, mac, arena);
    }
  }

  private static void member(Fd fd, Rtnetlink.Link link, int type, MacAddress mac, Arena arena) {
    MemorySegment request = PacketMreq.of(arena, link.index(), type, mac.value());
    int option = LinuxIfPacket.PACKET_ADD_MEMBERSHIP;
    Errno.check(
        SysSocket.setsockopt(fd.number(), SysSocket.SOL_PACKET, option, request),
        "what " + link.name() + " receives");
  }

  private static void bind(Fd fd, Rtnetlink.Link link, Arena arena) {
    MemorySegment address = SockaddrLl.of(arena, link.index(), ALL_PROTOCOLS);
    int result = SysSocket.bind(fd.number(), address, SockaddrLl.SIZE);
    Errno.check(result, "packet socket on " + link.name());
  }

  private static void set(Fd fd, int option, int value, String what, Arena arena) {
    MemorySegment number = arena.allocateFrom(ValueLayout.JAVA_INT, value);
    Errno.check(SysSocket.setsockopt(fd.number(), SysSocket.SOL_PACKET, option, number), what);
  }

  /** The number of the group of sockets that the kernel has given the first of them. */
  private static int group(Fd fd, Arena arena) {
    MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
    MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, Integer.BYTES);
    Errno.check(
        SysSocket.getsockopt(
            fd.number(), SysSocket.SOL_PACKET, LinuxIfPacket.PACKET_FANOUT, value, length),
        "fanout");
    return value.get(ValueLayout.JAVA_INT, 0);
  }
}
