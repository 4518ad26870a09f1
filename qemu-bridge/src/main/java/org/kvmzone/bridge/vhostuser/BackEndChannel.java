package org.kvmzone.bridge.vhostuser;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Iovec;
import org.kvmzone.bridge.ffi.Msghdr;
import org.kvmzone.bridge.ffi.SysSocket;

/**
 * The socket on which a back end may speak without having been asked (vhost-user, "Back-end
 * communication"). Nothing that is said here is waited for; safe for several threads.
 */
final class BackEndChannel implements AutoCloseable {
  private static final int CONFIG_CHANGE = 2;
  private static final int VERSION = 1;
  private static final int HEADER = 12;

  private final Fd socket;

  /** Takes over the socket. */
  BackEndChannel(Fd socket) {
    this.socket = socket;
  }

  /**
   * The device's configuration space has changed.
   *
   * @return whether it could be said
   */
  synchronized boolean configChanged() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = arena.allocate(HEADER, 8);
      header.set(ValueLayout.JAVA_INT, 0, CONFIG_CHANGE);
      header.set(ValueLayout.JAVA_INT, 4, VERSION);
      MemorySegment iovec = arena.allocate(Iovec.LAYOUT);
      Iovec.set(iovec, 0, header.address(), HEADER);
      MemorySegment message = arena.allocate(Msghdr.SIZE, 8);
      Msghdr.set(message, iovec, MemorySegment.NULL);
      // A front end that does not read must not hold us up.
      int flags = SysSocket.MSG_NOSIGNAL | SysSocket.MSG_DONTWAIT;
      return SysSocket.sendmsg(socket.number(), message.address(), flags) == HEADER;
    }
  }

  @Override
  public synchronized void close() {
    socket.close();
  }
}
