package org.kvmzone.bridge.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.OptionalInt;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Iovec;
import org.kvmzone.bridge.ffi.Msghdr;
import org.kvmzone.bridge.ffi.Poll;
import org.kvmzone.bridge.ffi.PollFd;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.Unistd;

/** A front end of vhost-user that says what a test tells it to: any bytes, any descriptors. */
public final class FrontEnd implements AutoCloseable {
  public static final int VERSION = 1;
  public static final int NEED_REPLY = 8;
  private static final int PATIENCE_MILLIS = 30_000;

  private final Fd socket;

  /** A front end on a connected socket, which it closes. */
  public FrontEnd(Fd socket) {
    this.socket = socket;
  }

  /** Two sockets that are connected: one for a front end, one for a session. */
  public static Fd[] pair() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(8, 4);
      Errno.check(
          SysSocket.socketpair(
              SysSocket.AF_UNIX, SysSocket.SOCK_STREAM | SysSocket.SOCK_CLOEXEC, 0, pair),
          "socketpair");
      return new Fd[] {
        new Fd(pair.get(ValueLayout.JAVA_INT, 0)), new Fd(pair.get(ValueLayout.JAVA_INT, 4))
      };
    }
  }

  /** Sends a message whose payload these bytes are. */
  public void send(int request, int flags, byte[] payload, int... files) {
    sendRaw(
        ByteBuffer.allocate(12 + payload.length)
            .order(ByteOrder.nativeOrder())
            .putInt(request)
            .putInt(flags)
            .putInt(payload.length)
            .put(payload)
            .array(),
        files);
  }

  /** Sends an honest message of 64-bit words. */
  public void send(int request, long... words) {
    send(request, VERSION, words(words));
  }

  /** Sends bytes as they are, descriptors with the first of them. */
  public void sendRaw(byte[] bytes, int... files) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      MemorySegment iovec = arena.allocate(Iovec.LAYOUT);
      Iovec.set(iovec, 0, data.address(), bytes.length);
      MemorySegment message = arena.allocate(Msghdr.SIZE, 8);
      MemorySegment control = MemorySegment.NULL;
      if (files.length > 0) {
        control = arena.allocate(Msghdr.space(files.length), 8);
        control.set(ValueLayout.JAVA_LONG, 0, Msghdr.CMSG_SIZE + 4L * files.length);
        control.set(ValueLayout.JAVA_INT, Msghdr.cmsg_level$OFFSET, SysSocket.SOL_SOCKET);
        control.set(ValueLayout.JAVA_INT, Msghdr.cmsg_type$OFFSET, SysSocket.SCM_RIGHTS);
        MemorySegment.copy(files, 0, control, ValueLayout.JAVA_INT, Msghdr.CMSG_SIZE, files.length);
      }
      Msghdr.set(message, iovec, control);
      Errno.check(
          SysSocket.sendmsg(socket.number(), message.address(), SysSocket.MSG_NOSIGNAL), "send");
    }
  }

  /** Sends a message that is to be acknowledged, and the acknowledgement: 0 is success. */
  public long acknowledged(int request, byte[] payload, int... files) {
    send(request, VERSION | NEED_REPLY, payload, files);
    return number(reply(request));
  }

  /** Asks for a number. */
  public long ask(int request) {
    send(request);
    return number(reply(request));
  }

  /** Asks, and returns the reply's payload. */
  public byte[] ask(int request, byte[] payload) {
    send(request, VERSION, payload);
    return reply(request);
  }

  /**
   * The next reply's payload, which must be one to {@code request}, with exactly the right flags.
   */
  public byte[] reply(int request) {
    Optional<ByteBuffer> header = read(12).map(FrontEnd::buffer);
    return payload(request, header.orElseThrow(() -> new AssertionError("connection closed")));
  }

  /**
   * Whether a reply to {@code request} comes, which is taken; false if the connection is closed.
   */
  public boolean isAnswered(int request) {
    Optional<ByteBuffer> header = read(12).map(FrontEnd::buffer);
    header.ifPresent(h -> payload(request, h));
    return header.isPresent();
  }

  /** The request that the next reply answers; nothing if the connection is closed. */
  public OptionalInt nextReply() {
    Optional<ByteBuffer> header = read(12).map(FrontEnd::buffer);
    if (header.isEmpty()) {
      return OptionalInt.empty();
    }
    int request = header.get().getInt(0);
    payload(request, header.get());
    return OptionalInt.of(request);
  }

  private byte[] payload(int request, ByteBuffer header) {
    if (header.getInt() != request || header.getInt() != 5) {
      throw new AssertionError("not a reply to " + request + ": " + header);
    }
    return read(header.getInt()).orElseThrow(() -> new AssertionError("connection closed"));
  }

  /** A reply that brings a descriptor. */
  public record FileReply(ByteBuffer payload, Fd file) {}

  /** Asks for something that comes with a descriptor. */
  public FileReply askForFile(int request, byte[] payload) {
    send(request, VERSION, payload);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment byteRead = arena.allocate(1);
      MemorySegment iovec = arena.allocate(Iovec.LAYOUT);
      Iovec.set(iovec, 0, byteRead.address(), 1);
      MemorySegment control = arena.allocate(Msghdr.space(1), 8);
      MemorySegment message = arena.allocate(Msghdr.SIZE, 8);
      Msghdr.set(message, iovec, control);
      int flags = SysSocket.MSG_CMSG_CLOEXEC;
      Errno.check(SysSocket.recvmsg(socket.number(), message.address(), flags), "recvmsg");
      if (message.get(ValueLayout.JAVA_LONG, Msghdr.msg_controllen$OFFSET) == 0) {
        throw new AssertionError("a reply to " + request + " without a descriptor");
      }
      Fd file = new Fd(control.get(ValueLayout.JAVA_INT, Msghdr.CMSG_SIZE));
      byte[] rest = read(11).orElseThrow(() -> new AssertionError("connection closed"));
      ByteBuffer header =
          ByteBuffer.allocate(12)
              .order(ByteOrder.nativeOrder())
              .put(byteRead.get(ValueLayout.JAVA_BYTE, 0))
              .put(rest)
              .flip();
      return new FileReply(buffer(payload(request, header)), file);
    }
  }

  /** The next bytes that come, whatever they are. */
  public byte[] next(int length) {
    return read(length).orElseThrow(() -> new AssertionError("connection closed"));
  }

  /** Says nothing any more, but still listens. */
  public void finish() {
    Errno.check(SysSocket.shutdown(socket.number(), SysSocket.SHUT_WR), "shutdown");
  }

  /** Whether the back end has closed the connection; waits for it to send or to close. */
  public boolean isClosed() {
    return read(1).isEmpty();
  }

  private Optional<byte[]> read(int length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(Math.max(length, 1));
      long have = 0;
      while (have < length) {
        awaitBytes(arena);
        long got = Unistd.read(socket.number(), data.address() + have, length - have);
        if (got <= 0) {
          return Optional.empty();
        }
        have += got;
      }
      return Optional.of(data.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  /** A test that waits for what does not come fails; a thread in read(2) could not be stopped. */
  private void awaitBytes(Arena arena) {
    MemorySegment wanted = arena.allocate(PollFd.SIZE, 4);
    PollFd.set(wanted, 0, socket.number(), Poll.POLLIN);
    if (Poll.poll(wanted.address(), 1, PATIENCE_MILLIS) == 0) {
      throw new AssertionError("the back end says nothing for " + PATIENCE_MILLIS + " ms");
    }
  }

  /** 64-bit words as they are sent. */
  public static byte[] words(long... words) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length * 8).order(ByteOrder.nativeOrder());
    for (long word : words) {
      bytes.putLong(word);
    }
    return bytes.array();
  }

  /** The payload of a vring state message. */
  public static byte[] state(int ring, int value) {
    return words(ring | (long) value << 32);
  }

  private static long number(byte[] payload) {
    return buffer(payload).getLong();
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  @Override
  public void close() {
    socket.close();
  }
}
