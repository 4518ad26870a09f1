package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;

/** Stream sockets with addresses in the file system, as {@link SysSocket} makes them. */
public final class UnixSockets {
  private UnixSockets() {}

  /**
   * A new socket, close-on-exec.
   *
   * @throws NativeException if the process has no descriptor left
   */
  public static Fd stream() {
    return new Fd(
        Errno.check(
            SysSocket.socket(SysSocket.AF_UNIX, SysSocket.SOCK_STREAM | SysSocket.SOCK_CLOEXEC, 0),
            "socket"));
  }

  /**
   * Connects a new socket.
   *
   * @return the socket's descriptor, which the caller owns, or {@code -errno}
   */
  public static int connect(Path path) {
    Fd socket = stream();
    try (Arena arena = Arena.ofConfined()) {
      int result =
          SysSocket.connect(
              socket.number(), SockaddrUn.of(path.toString(), arena), SockaddrUn.SIZE);
      if (result < 0) {
        return result;
      }
      return socket.release();
    } finally {
      socket.close();
    }
  }

  /**
   * A socket that listens at {@code path}; the file must not exist.
   *
   * @throws NativeException naming the path
   */
  public static Fd listen(Path path) {
    Fd socket = stream();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = SockaddrUn.of(path.toString(), arena);
      Errno.check(SysSocket.bind(socket.number(), address, SockaddrUn.SIZE), "listen on " + path);
      Errno.check(SysSocket.listen(socket.number(), 8), "listen on " + path);
      return new Fd(socket.release());
    } finally {
      socket.close();
    }
  }

  /**
   * The next connection to a listening socket; waits for it.
   *
   * @return its descriptor, which the caller owns, or {@code -errno}; EINVAL after a shutdown
   */
  public static int accept(Fd listening) {
    return SysSocket.accept4(
        listening.number(), MemorySegment.NULL, MemorySegment.NULL, SysSocket.SOCK_CLOEXEC);
  }

  /**
   * What a socket is set to, of the options that are numbers (SOL_SOCKET).
   *
   * @return the number, or {@code -errno}
   */
  public static int option(Fd socket, int option) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, Integer.BYTES);
      int result =
          SysSocket.getsockopt(socket.number(), SysSocket.SOL_SOCKET, option, value, length);
      return result < 0 ? result : value.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /** The file that is a socket's address; nothing if it has none. */
  public static Optional<Path> path(Fd socket) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(SockaddrUn.SIZE + 1L, 2); // a zero behind any path
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, SockaddrUn.SIZE);
      int result = SysSocket.getsockname(socket.number(), address, length);
      String path = result < 0 ? "" : address.getString(SockaddrUn.sun_path$OFFSET);
      return path.isEmpty() ? Optional.empty() : Optional.of(Path.of(path));
    }
  }

  /** Whether a socket is connected to another. */
  public static boolean isConnected(Fd socket) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, SockaddrUn.SIZE);
      return SysSocket.getpeername(socket.number(), arena.allocate(SockaddrUn.SIZE, 2), length)
          >= 0;
    }
  }
}
