package org.kvmzone.bridge.vhostuser;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Iovec;
import org.kvmzone.bridge.ffi.Msghdr;
import org.kvmzone.bridge.ffi.SysSocket;

/**
 * Frames on a UNIX socket: a header of three 32-bit words (request, flags, size; native order),
 * then the payload; descriptors come with the header's first byte. Used by one thread, but for
 * {@link #shutdown}.
 */
final class Wire implements AutoCloseable {
  /** The most descriptors that a message carries (VHOST_MEMORY_BASELINE_NREGIONS). */
  static final int MAX_FILES = 8;

  /** More than the longest message served: SET_CONFIG with a whole configuration space. */
  private static final int MAX_PAYLOAD = 4096;

  private static final int HEADER = 12;
  private static final int VERSION = 1;
  private static final int VERSION_MASK = 3;
  private static final int REPLY = 4;
  private static final int NEED_REPLY = 8;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment header = arena.allocate(HEADER, 8);
  private final MemorySegment payload = arena.allocate(MAX_PAYLOAD, 8);
  private final MemorySegment control = arena.allocate(Msghdr.space(MAX_FILES), 8);
  private final MemorySegment iovec = arena.allocate(Iovec.LAYOUT);
  private final MemorySegment message = arena.allocate(Msghdr.SIZE, 8);
  private final Fd socket;

  /** Takes over a connected socket. */
  Wire(Fd socket) {
    this.socket = socket;
  }

  /**
   * The next frame; nothing when the front end has closed the connection.
   *
   * @throws ProtocolException if what came is no frame
   */
  Optional<Frame> receive() throws ProtocolException {
    List<Fd> files = new ArrayList<>();
    boolean complete = false;
    try {
      if (!fill(header, HEADER, files)) {
        return Optional.empty();
      }
      int request = header.get(ValueLayout.JAVA_INT, 0);
      int flags = header.get(ValueLayout.JAVA_INT, 4);
      int size = header.get(ValueLayout.JAVA_INT, 8);
      if ((flags & VERSION_MASK) != VERSION || (flags & REPLY) != 0) {
        throw new ProtocolException("header with flags 0x" + Integer.toHexString(flags));
      }
      if (size < 0 || size > MAX_PAYLOAD) {
        throw new ProtocolException(
            MessageDecoder.name(request) + " of " + Integer.toUnsignedString(size) + " bytes");
      }
      if (size > 0 && !fill(payload, size, files)) {
        throw new ProtocolException("connection ends inside " + MessageDecoder.name(request));
      }
      complete = true;
      return Optional.of(
          new Frame(request, (flags & NEED_REPLY) != 0, payload.asSlice(0, size), files));
    } finally {
      if (!complete) {
        files.forEach(Fd::close);
      }
    }
  }

  /** Reads exactly {@code length} bytes; false if the connection ended before the first. */
  private boolean fill(MemorySegment target, int length, List<Fd> files) throws ProtocolException {
    int have = 0;
    while (have < length) {
      Iovec.set(iovec, 0, target.address() + have, length - have);
      Msghdr.set(message, iovec, control);
      long got = SysSocket.recvmsg(socket.number(), message.address(), SysSocket.MSG_CMSG_CLOEXEC);
      if (got == -Errno.EINTR) {
        continue;
      }
      if (got > 0) {
        collect(files);
      }
      if (got <= 0) {
        if (have > 0) {
          throw new ProtocolException("connection ends inside a message");
        }
        return false;
      }
      have += (int) got;
    }
    return true;
  }

  /** Takes the descriptors that came with the last receive. */
  private void collect(List<Fd> files) throws ProtocolException {
    long length = message.get(ValueLayout.JAVA_LONG, Msghdr.msg_controllen$OFFSET);
    if (length >= Msghdr.CMSG_SIZE) {
      long end = Math.min(control.get(ValueLayout.JAVA_LONG, 0), length);
      boolean rights =
          control.get(ValueLayout.JAVA_INT, Msghdr.cmsg_level$OFFSET) == SysSocket.SOL_SOCKET
              && control.get(ValueLayout.JAVA_INT, Msghdr.cmsg_type$OFFSET) == SysSocket.SCM_RIGHTS;
      for (long at = Msghdr.CMSG_SIZE; rights && at + 4 <= end; at += 4) {
        files.add(new Fd(control.get(ValueLayout.JAVA_INT, at)));
      }
    }
    int flags = message.get(ValueLayout.JAVA_INT, Msghdr.msg_flags$OFFSET);
    if ((flags & SysSocket.MSG_CTRUNC) != 0 || files.size() > MAX_FILES) {
      throw new ProtocolException("more than " + MAX_FILES + " descriptors with one message");
    }
  }

  /**
   * Answers a request.
   *
   * @throws ProtocolException if the connection is gone
   */
  void reply(int request, MemorySegment body) throws ProtocolException {
    reply(request, body, Optional.empty());
  }

  /**
   * Answers a request with a descriptor, which stays the caller's.
   *
   * @throws ProtocolException if the connection is gone
   */
  void reply(int request, MemorySegment body, Optional<Fd> file) throws ProtocolException {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment whole = local.allocate(HEADER + body.byteSize(), 8);
      whole.set(ValueLayout.JAVA_INT, 0, request);
      whole.set(ValueLayout.JAVA_INT, 4, VERSION | REPLY);
      whole.set(ValueLayout.JAVA_INT, 8, (int) body.byteSize());
      MemorySegment.copy(body, 0, whole, HEADER, body.byteSize());
      MemorySegment rights = file.isPresent() ? rights(file.get(), local) : MemorySegment.NULL;
      send(whole, rights, local);
    }
  }

  /** Answers a request with a number of 64 bits. */
  void reply(int request, long value) throws ProtocolException {
    try (Arena local = Arena.ofConfined()) {
      reply(request, local.allocateFrom(ValueLayout.JAVA_LONG, value));
    }
  }

  private static MemorySegment rights(Fd file, Arena local) {
    MemorySegment rights = local.allocate(Msghdr.space(1), 8);
    rights.set(ValueLayout.JAVA_LONG, 0, Msghdr.CMSG_SIZE + 4L);
    rights.set(ValueLayout.JAVA_INT, Msghdr.cmsg_level$OFFSET, SysSocket.SOL_SOCKET);
    rights.set(ValueLayout.JAVA_INT, Msghdr.cmsg_type$OFFSET, SysSocket.SCM_RIGHTS);
    rights.set(ValueLayout.JAVA_INT, Msghdr.CMSG_SIZE, file.number());
    return rights;
  }

  /** Descriptors go with the first byte. */
  private void send(MemorySegment bytes, MemorySegment rights, Arena local)
      throws ProtocolException {
    MemorySegment vector = local.allocate(Iovec.LAYOUT);
    MemorySegment envelope = local.allocate(Msghdr.SIZE, 8);
    long sent = 0;
    while (sent < bytes.byteSize()) {
      Iovec.set(vector, 0, bytes.address() + sent, bytes.byteSize() - sent);
      Msghdr.set(envelope, vector, sent == 0 ? rights : MemorySegment.NULL);
      long done = SysSocket.sendmsg(socket.number(), envelope.address(), SysSocket.MSG_NOSIGNAL);
      if (done == -Errno.EINTR) {
        continue;
      }
      if (done < 0) {
        throw new ProtocolException("reply failed: " + Errno.message((int) -done));
      }
      sent += done;
    }
  }

  /** Ends the connection, from any thread: whoever reads or writes it is told. */
  void shutdown() {
    int ignored = SysSocket.shutdown(socket.number(), SysSocket.SHUT_RDWR);
  }

  /** Closes the socket; by the thread that used it. */
  @Override
  public void close() {
    socket.close();
    arena.close();
  }
}
