package org.kvmzone.dhcp;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The kernel's side of a guest's NIC: a tap (linux/if_tun.h). */
final class TapDevice implements AutoCloseable {
  private static final int CLONE_NEWNET = 0x4000_0000;
  private static final int O_RDWR = 2;
  private static final int O_NONBLOCK = 0x800;
  private static final long TUNSETIFF = 0x4004_54caL;
  private static final short IFF_TAP = 0x0002;
  private static final short IFF_NO_PI = 0x1000;
  private static final long IFREQ_SIZE = 40;
  private static final long IFREQ_FLAGS = 16;
  private static final short POLLIN = 1;

  private static final MethodHandle UNSHARE = bind("unshare", JAVA_INT);
  private static final MethodHandle OPEN = bind(2, "open", ADDRESS, JAVA_INT);
  private static final MethodHandle IOCTL = bind(2, "ioctl", JAVA_INT, JAVA_LONG, ADDRESS);
  private static final MethodHandle POLL = bind("poll", ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle READ = bind("read", JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle WRITE = bind("write", JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle CLOSE = bind("close", JAVA_INT);

  private final Arena arena = Arena.ofShared();
  private final MemorySegment pollfd = arena.allocate(8, 4);
  private final int fd;

  private TapDevice(int fd) {
    this.fd = fd;
  }

  private static MethodHandle bind(String name, ValueLayout... arguments) {
    return bind(-1, name, arguments);
  }

  private static MethodHandle bind(int firstVariadic, String name, ValueLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    boolean wide = name.equals("read") || name.equals("write");
    FunctionDescriptor type = FunctionDescriptor.of(wide ? JAVA_LONG : JAVA_INT, arguments);
    MemorySegment function = linker.defaultLookup().findOrThrow(name);
    return firstVariadic < 0
        ? linker.downcallHandle(function, type)
        : linker.downcallHandle(function, type, Linker.Option.firstVariadicArg(firstVariadic));
  }

  /** Moves the calling thread, and what it starts from now on, into a new network namespace. */
  static boolean leaveNetwork() {
    return (int) call(UNSHARE, CLONE_NEWNET) == 0;
  }

  /** Makes a tap in the calling thread's network namespace. */
  static TapDevice open(String name) {
    try (Arena arena = Arena.ofConfined()) {
      int fd = (int) call(OPEN, arena.allocateFrom("/dev/net/tun"), O_RDWR | O_NONBLOCK);
      MemorySegment request = arena.allocate(IFREQ_SIZE, 8);
      request.setString(0, name);
      request.set(JAVA_SHORT, IFREQ_FLAGS, (short) (IFF_TAP | IFF_NO_PI));
      if (fd < 0 || (int) call(IOCTL, fd, TUNSETIFF, request) != 0) {
        throw new IllegalStateException("no tap: is /dev/net/tun there, and ours to open?");
      }
      return new TapDevice(fd);
    }
  }

  /** Waits up to a tenth of a second for a frame; its length, or 0. */
  int receive(MemorySegment into) {
    pollfd.set(JAVA_INT, 0, fd);
    pollfd.set(JAVA_SHORT, 4, POLLIN);
    if ((int) call(POLL, pollfd, 1L, 100) <= 0) {
      return 0;
    }
    return (int) Math.max(0, (long) call(READ, fd, into, into.byteSize()));
  }

  void send(MemorySegment frame) {
    if ((long) call(WRITE, fd, frame, frame.byteSize()) != frame.byteSize()) {
      throw new IllegalStateException("the tap does not take a frame of " + frame.byteSize());
    }
  }

  private static Object call(MethodHandle function, Object... arguments) {
    try {
      return function.invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    call(CLOSE, fd);
    arena.close();
  }
}
