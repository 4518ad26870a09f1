package org.kvmzone.bridge.plugin;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Iovec;
import org.kvmzone.bridge.ffi.Msghdr;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.Unistd;

/** What QEMU says to a back end, and a driver to its device, until the rings run; then the end. */
final class TrainingFrontEnd implements AutoCloseable {
  private static final int GET_FEATURES = 1;
  private static final int SET_FEATURES = 2;
  private static final int SET_OWNER = 3;
  private static final int SET_MEM_TABLE = 5;
  private static final int SET_VRING_NUM = 8;
  private static final int SET_VRING_ADDR = 9;
  private static final int SET_VRING_BASE = 10;
  private static final int GET_VRING_BASE = 11;
  private static final int SET_VRING_KICK = 12;
  private static final int SET_VRING_CALL = 13;
  private static final int GET_PROTOCOL_FEATURES = 15;
  private static final int SET_PROTOCOL_FEATURES = 16;
  private static final int GET_QUEUE_NUM = 17;
  private static final int SET_VRING_ENABLE = 18;

  /** VIRTIO_F_VERSION_1 and VHOST_USER_F_PROTOCOL_FEATURES: split rings, nothing special. */
  private static final long FEATURES = 1L << 32 | 1L << 30;

  private static final int HEADER = 12;
  private static final int VERSION = 1;
  private static final int RINGS = 2;
  private static final int ENTRIES = 256;
  private static final long RING_BYTES =
      0x4000; // descriptors, available, used: a page and more each
  private static final long MEMORY = RINGS * RING_BYTES;

  private final Arena arena = Arena.ofConfined();
  private final Fd socket;

  /** A front end on a connected socket, which it closes. */
  TrainingFrontEnd(Fd socket) {
    this.socket = socket;
  }

  void play() {
    ask(GET_FEATURES);
    say(SET_PROTOCOL_FEATURES, ask(GET_PROTOCOL_FEATURES));
    int rings = (int) Math.min(ask(GET_QUEUE_NUM), RINGS);
    say(SET_OWNER);
    say(SET_FEATURES, FEATURES);
    try (Fd memory = Fd.memory("guest", MEMORY, 0);
        Fd kick = Fd.event();
        Fd call = Fd.event()) {
      send(SET_MEM_TABLE, memory, 1, 0, MEMORY, 0, 0);
      for (int ring = 0; ring < rings; ring++) {
        long at = ring * RING_BYTES;
        say(SET_VRING_NUM, state(ring, ENTRIES));
        say(SET_VRING_BASE, state(ring, 0));
        say(SET_VRING_ADDR, ring, at, at + 0x2000, at + 0x1000, 0);
        send(SET_VRING_CALL, call, ring);
        send(SET_VRING_KICK, kick, ring);
        say(SET_VRING_ENABLE, state(ring, 1));
      }
      for (int ring = 0; ring < rings; ring++) {
        ask(GET_VRING_BASE, state(ring, 0));
      }
    }
  }

  /** Two words of 32 bits. */
  private static long state(int ring, int number) {
    return (long) number << 32 | ring;
  }

  private void say(int request, long... words) {
    send(request, MemorySegment.NULL, words);
  }

  private void send(int request, Fd file, long... words) {
    MemorySegment rights = arena.allocate(Msghdr.space(1), 8);
    rights.set(ValueLayout.JAVA_LONG, 0, Msghdr.CMSG_SIZE + Integer.BYTES);
    rights.set(ValueLayout.JAVA_INT, Msghdr.cmsg_level$OFFSET, SysSocket.SOL_SOCKET);
    rights.set(ValueLayout.JAVA_INT, Msghdr.cmsg_type$OFFSET, SysSocket.SCM_RIGHTS);
    rights.set(ValueLayout.JAVA_INT, Msghdr.CMSG_SIZE, file.number());
    send(request, rights, words);
  }

  private void send(int request, MemorySegment rights, long... words) {
    int size = words.length * Long.BYTES;
    MemorySegment bytes = arena.allocate(HEADER + size, 4);
    bytes.set(ValueLayout.JAVA_INT, 0, request);
    bytes.set(ValueLayout.JAVA_INT, 4, VERSION);
    bytes.set(ValueLayout.JAVA_INT, 8, size);
    MemorySegment.copy(words, 0, bytes, ValueLayout.JAVA_LONG_UNALIGNED, HEADER, words.length);
    MemorySegment iovec = arena.allocate(Iovec.LAYOUT);
    Iovec.set(iovec, 0, bytes.address(), bytes.byteSize());
    MemorySegment message = arena.allocate(Msghdr.SIZE, 8);
    Msghdr.set(message, iovec, rights);
    Errno.check(
        SysSocket.sendmsg(socket.number(), message.address(), SysSocket.MSG_NOSIGNAL), "sendmsg");
  }

  /** Says it, and returns the answer's first 64 bits. */
  private long ask(int request, long... words) {
    say(request, words);
    MemorySegment reply = arena.allocate(HEADER + Long.BYTES, 4);
    long have = 0;
    while (have < reply.byteSize()) {
      long got =
          Errno.check(
              Unistd.read(socket.number(), reply.address() + have, reply.byteSize() - have),
              "read a reply");
      if (got == 0) {
        throw new IllegalStateException("the device has hung up at request " + request);
      }
      have += got;
    }
    return reply.get(ValueLayout.JAVA_LONG_UNALIGNED, HEADER);
  }

  @Override
  public void close() {
    socket.close();
    arena.close();
  }
}
