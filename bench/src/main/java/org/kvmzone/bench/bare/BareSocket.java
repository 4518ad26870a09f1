package org.kvmzone.bench.bare;

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
import org.kvmzone.bridge.ffi.Unistd;

/** vhost-user messages on a connected socket: request, flags, size, payload, and descriptors. */
final class BareSocket implements AutoCloseable {
  private static final int HEADER = 12;
  private static final int MOST = 4096;
  private static final int MAX_FILES = 8;
  private static final int REPLY = 1 | 4; // version 1
  private static final int NEED_REPLY = 8;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment bytes = arena.allocate(HEADER + MOST, 8);
  private final MemorySegment control = arena.allocate(Msghdr.space(MAX_FILES), 8);
  private final MemorySegment iovec = arena.allocate(Iovec.LAYOUT);
  private final MemorySegment message = arena.allocate(Msghdr.SIZE, 8);
  private final Fd socket;

  /**
   * What a front end said.
   *
   * @param body is overwritten by the next message, and by replies
   */
  record Request(int code, boolean needsReply, MemorySegment body, List<Fd> files) {
    int index() {
      return body.get(ValueLayout.JAVA_INT, 0);
    }

    int number() {
      return body.get(ValueLayout.JAVA_INT, 4);
    }

    long value() {
      return body.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    }
  }

  /** Takes over a connection; to be used by this thread. */
  BareSocket(Fd socket) {
    this.socket = socket;
  }

  /** The next message; nothing when the front end is gone. */
  Optional<Request> receive() {
    Iovec.set(iovec, 0, bytes.address(), HEADER);
    Msghdr.set(message, iovec, control);
    long got = SysSocket.recvmsg(socket.number(), message.address(), SysSocket.MSG_CMSG_CLOEXEC);
    if (got != HEADER) {
      return Optional.empty();
    }
    int size = bytes.get(ValueLayout.JAVA_INT, 8);
    if (size < 0 || size > MOST || !fill(size)) {
      return Optional.empty();
    }
    int flags = bytes.get(ValueLayout.JAVA_INT, 4);
    return Optional.of(
        new Request(
            bytes.get(ValueLayout.JAVA_INT, 0),
            (flags & NEED_REPLY) != 0,
            bytes.asSlice(HEADER, size),
            files()));
  }

  private boolean fill(int size) {
    int have = 0;
    while (have < size) {
      long got = Unistd.read(socket.number(), bytes.address() + HEADER + have, (long) size - have);
      if (got <= 0) {
        return false;
      }
      have += (int) got;
    }
    return true;
  }

  private List<Fd> files() {
    List<Fd> files = new ArrayList<>();
    if (message.get(ValueLayout.JAVA_LONG, Msghdr.msg_controllen$OFFSET) >= Msghdr.CMSG_SIZE) {
      long end = Math.min(control.get(ValueLayout.JAVA_LONG, 0), control.byteSize());
      for (long at = Msghdr.CMSG_SIZE; at + 4 <= end; at += 4) {
        files.add(new Fd(control.get(ValueLayout.JAVA_INT, at)));
      }
    }
    return files;
  }

  /** Answers with a number of 64 bits. */
  void reply(Request request, long value) {
    bytes.set(ValueLayout.JAVA_LONG_UNALIGNED, HEADER, value);
    send(request.code, 8);
  }

  /** Answers with what the request's body has become. */
  void reply(Request request) {
    send(request.code, (int) request.body.byteSize());
  }

  private void send(int code, int size) {
    bytes.set(ValueLayout.JAVA_INT, 0, code);
    bytes.set(ValueLayout.JAVA_INT, 4, REPLY);
    bytes.set(ValueLayout.JAVA_INT, 8, size);
    Iovec.set(iovec, 0, bytes.address(), HEADER + size);
    Msghdr.set(message, iovec, MemorySegment.NULL);
    Errno.check(
        SysSocket.sendmsg(socket.number(), message.address(), SysSocket.MSG_NOSIGNAL), "reply");
  }

  @Override
  public void close() {
    socket.close();
    arena.close();
  }
}
