package org.kvmzone.bridge.vhostuser;

import java.io.IOException;
import java.nio.file.Path;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.UnixSockets;

/**
 * A socket that whoever started this process has left open for it: one that listens for front ends,
 * or one that is connected to a front end.
 */
public final class InheritedSocket implements AutoCloseable {
  private static final int LAST_STANDARD_STREAM = 2;

  private final Fd socket;
  private final boolean listens;
  private final Path name;

  private InheritedSocket(Fd socket, boolean listens, Path name) {
    this.socket = socket;
    this.listens = listens;
    this.name = name;
  }

  /**
   * Takes over a descriptor, close-on-exec from now on.
   *
   * @param number of 3 and above
   * @throws IOException if it is no UNIX stream socket that listens or is connected; it is left as
   *     it was
   */
  public static InheritedSocket take(int number) throws IOException {
    if (number <= LAST_STANDARD_STREAM) {
      throw new IOException("descriptor " + number + " is a standard stream: 3 is the first");
    }
    Fd socket = new Fd(number);
    try {
      boolean listens = listens(socket);
      int flags = Fcntl.fcntl(number, Fcntl.F_GETFL, 0) & ~Fcntl.O_NONBLOCK;
      // Who waits for front ends never waits in accept(2): another may have got the connection.
      Errno.check(
          Fcntl.fcntl(number, Fcntl.F_SETFL, flags | (listens ? Fcntl.O_NONBLOCK : 0)), "fcntl");
      Errno.check(Fcntl.fcntl(number, Fcntl.F_SETFD, Fcntl.FD_CLOEXEC), "fcntl");
      Path name = UnixSockets.path(socket).orElse(Path.of("fd:" + number));
      return new InheritedSocket(new Fd(socket.release()), listens, name);
    } finally {
      int ignored = socket.release(); // not ours, if it was refused
    }
  }

  private static boolean listens(Fd socket) throws IOException {
    int domain = UnixSockets.option(socket, SysSocket.SO_DOMAIN);
    if (domain != SysSocket.AF_UNIX) {
      throw new IOException(
          "descriptor "
              + socket.number()
              + switch (domain) {
                case -Errno.EBADF -> " is not open";
                case -Errno.ENOTSOCK -> " is not a socket";
                default -> " is not a UNIX socket";
              });
    }
    if (UnixSockets.option(socket, SysSocket.SO_TYPE) != SysSocket.SOCK_STREAM) {
      throw new IOException("descriptor " + socket.number() + " is not a stream socket");
    }
    boolean listens = UnixSockets.option(socket, SysSocket.SO_ACCEPTCONN) == 1;
    if (!listens && !UnixSockets.isConnected(socket)) {
      throw new IOException(
          "descriptor " + socket.number() + " neither listens nor is connected to a front end");
    }
    return listens;
  }

  /** Whether front ends connect to it; otherwise one is connected already. */
  public boolean listens() {
    return listens;
  }

  /** The file that is its address; {@code fd:NUMBER} if there is none. */
  public Path name() {
    return name;
  }

  /** Gives the socket away: the caller closes it. */
  Fd release() {
    return new Fd(socket.release());
  }

  @Override
  public void close() {
    socket.close();
  }
}
