package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Ifreq;
import org.kvmzone.bridge.ffi.SysIoctl;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.Unistd;

/**
 * The host's end of an interface, frame by frame (packet(7)): sees the frames of one EtherType
 * only, by default the experimental 0x88b5, not what the kernel says of its own.
 */
final class PacketSocket implements AutoCloseable {
  static final int ETHER_TYPE = 0x88b5;

  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;
  private static final long SIOCGIFINDEX = 0x8933;
  private static final int ROOM = 65536;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int FRAME_COSTS = 4096; // bytes of a kernel's memory, at most

  private final Fd fd;
  private final MemorySegment buffer = Arena.ofAuto().allocate(ROOM);

  /** A socket on an interface of the caller's namespace. */
  PacketSocket(String name) {
    this(name, ETHER_TYPE);
  }

  /** The same for frames of another EtherType. */
  PacketSocket(String name, int etherType) {
    int type = SOCK_RAW | SysSocket.SOCK_NONBLOCK | SysSocket.SOCK_CLOEXEC;
    short protocol = Short.reverseBytes((short) etherType); // in network order
    fd = new Fd(Errno.check(SysSocket.socket(AF_PACKET, type, protocol), "packet socket"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = Ifreq.allocate(arena, name, 0);
      Errno.check(SysIoctl.ioctl(fd.number(), SIOCGIFINDEX, request.address()), name);
      MemorySegment address = arena.allocate(20, 8); // struct sockaddr_ll
      address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
      address.set(ValueLayout.JAVA_SHORT, 2, protocol);
      address.set(
          ValueLayout.JAVA_INT, 4, request.get(ValueLayout.JAVA_INT, Ifreq.ifr_flags$OFFSET));
      Errno.check(SysSocket.bind(fd.number(), address, 20), "bind to " + name);
    }
  }

  /** Has the kernel keep so many short frames, whenever they are taken. */
  void keep(int frames) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_INT, frames * FRAME_COSTS);
      int option = SO_RCVBUFFORCE;
      Errno.check(
          SysSocket.setsockopt(fd.number(), SysSocket.SOL_SOCKET, option, bytes), "receive buffer");
    }
  }

  void send(byte[] frame) {
    MemorySegment.copy(frame, 0, buffer, ValueLayout.JAVA_BYTE, 0, frame.length);
    Errno.check(Unistd.write(fd.number(), buffer.address(), frame.length), "send");
  }

  /** What has come in since the last call. */
  List<byte[]> take() {
    List<byte[]> frames = new ArrayList<>();
    while (true) {
      long length = Unistd.read(fd.number(), buffer.address(), ROOM);
      if (length == -Errno.EAGAIN) {
        return frames;
      }
      Errno.check(length, "receive");
      frames.add(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
