package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

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
}
