package org.kvmzone.bridge.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SocketTest {
  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void scmRights_carriesOpenFilesWithTheFirstByte() {
    try (Pair pair = new Pair(arena);
        Fd nothing = Fd.open("/dev/null", Fcntl.O_RDWR);
        Fd zeroes = Fd.open("/dev/zero", Fcntl.O_RDWR)) {
      assertThat(send(pair.left, "hello", nothing.number(), zeroes.number())).isEqualTo(5);

      Received received = receive(pair.right, 8);
      assertThat(received.text).isEqualTo("hello");
      assertThat(received.flags & SysSocket.MSG_CTRUNC).isZero();
      assertThat(received.descriptors).hasSize(2);
      try (Fd first = received.descriptors.get(0);
          Fd second = received.descriptors.get(1)) {
        assertThat(FileStatus.of(first.number())).isEqualTo(FileStatus.of(nothing.number()));
        assertThat(FileStatus.of(second.number())).isEqualTo(FileStatus.of(zeroes.number()));
        assertThat(Fcntl.fcntl(first.number(), Fcntl.F_GETFD, 0)).isEqualTo(Fcntl.FD_CLOEXEC);
      }
    }
  }

  @Test
  void scmRights_beyondTheControlBuffer_areCutAndSaidToBe() {
    try (Pair pair = new Pair(arena);
        Fd file = Fd.open("/dev/null", Fcntl.O_RDWR)) {
      int number = file.number();
      send(pair.left, "x", number, number, number, number);

      Received received = receive(pair.right, 2);
      assertThat(received.flags & SysSocket.MSG_CTRUNC).isEqualTo(SysSocket.MSG_CTRUNC);
      assertThat(received.descriptors).hasSize(2);
      received.descriptors.forEach(Fd::close);
    }
  }

  @Test
  void recvmsg_withoutData_doesNotWaitIfToldSo() {
    try (Pair pair = new Pair(arena)) {
      MemorySegment header = header(arena.allocate(8), arena.allocate(Msghdr.space(1), 8));
      assertThat(SysSocket.recvmsg(pair.right.number(), header.address(), SysSocket.MSG_DONTWAIT))
          .isEqualTo(-Errno.EAGAIN);
    }
  }

  @Test
  void sendmsg_toAClosedPeer_failsWithoutASignal() {
    try (Pair pair = new Pair(arena)) {
      pair.right.close();
      assertThat(send(pair.left, "x")).isEqualTo(-Errno.EPIPE);
    }
  }

  @Test
  void shutdown_letsTheOtherSideReadTheEnd() {
    try (Pair pair = new Pair(arena)) {
      assertThat(SysSocket.shutdown(pair.left.number(), SysSocket.SHUT_RDWR)).isZero();
      assertThat(Unistd.read(pair.right.number(), arena.allocate(8).address(), 8)).isZero();
    }
  }

  @Test
  void aSocketInTheFileSystem_isListenedOnAndConnectedTo(@TempDir Path directory) {
    MemorySegment address = SockaddrUn.of(directory.resolve("s").toString(), arena);
    try (Fd server = socket();
        Fd client = socket()) {
      assertThat(SysSocket.bind(server.number(), address, SockaddrUn.SIZE)).isZero();
      assertThat(SysSocket.bind(client.number(), address, SockaddrUn.SIZE))
          .isEqualTo(-Errno.EADDRINUSE);
      assertThat(SysSocket.connect(client.number(), address, SockaddrUn.SIZE))
          .as("nobody listens yet")
          .isEqualTo(-Errno.ECONNREFUSED);
      assertThat(SysSocket.listen(server.number(), 1)).isZero();
      assertThat(SysSocket.connect(client.number(), address, SockaddrUn.SIZE)).isZero();
      int accepted =
          SysSocket.accept4(
              server.number(), MemorySegment.NULL, MemorySegment.NULL, SysSocket.SOCK_CLOEXEC);
      try (Fd connection = new Fd(Errno.check(accepted, "accept4"))) {
        assertThat(send(client, "hi")).isEqualTo(2);
        assertThat(receive(connection, 1).text).isEqualTo("hi");
      }
    }
  }

  @Test
  void sockaddrUn_refusesPathsThatDoNotFit() {
    String longest = "/" + "x".repeat(SockaddrUn.PATH_MAX - 1);
    assertThat(SockaddrUn.of(longest, arena).getString(SockaddrUn.sun_path$OFFSET))
        .isEqualTo(longest);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SockaddrUn.of(longest + "y", arena))
        .withMessageContaining("108 bytes");
    assertThatIllegalArgumentException().isThrownBy(() -> SockaddrUn.of("", arena));
  }

  private static Fd socket() {
    return new Fd(
        Errno.check(
            SysSocket.socket(SysSocket.AF_UNIX, SysSocket.SOCK_STREAM | SysSocket.SOCK_CLOEXEC, 0),
            "socket"));
  }

  private long send(Fd socket, String text, int... descriptors) {
    MemorySegment control = arena.allocate(Msghdr.space(descriptors.length), 8);
    MemorySegment header = header(arena.allocateFrom(text).asSlice(0, text.length()), control);
    if (descriptors.length == 0) {
      header.set(JAVA_LONG, Msghdr.msg_controllen$OFFSET, 0);
    } else {
      control.set(JAVA_LONG, 0, Msghdr.CMSG_SIZE + 4L * descriptors.length);
      control.set(JAVA_INT, Msghdr.cmsg_level$OFFSET, SysSocket.SOL_SOCKET);
      control.set(JAVA_INT, Msghdr.cmsg_type$OFFSET, SysSocket.SCM_RIGHTS);
      MemorySegment.copy(descriptors, 0, control, JAVA_INT, Msghdr.CMSG_SIZE, descriptors.length);
    }
    return SysSocket.sendmsg(socket.number(), header.address(), SysSocket.MSG_NOSIGNAL);
  }

  private Received receive(Fd socket, int room) {
    MemorySegment text = arena.allocate(64);
    // As much as CMSG_LEN says, not CMSG_SPACE: padding could take in one descriptor more.
    MemorySegment control = arena.allocate(Msghdr.CMSG_SIZE + 4L * room, 8);
    MemorySegment header = header(text, control);
    long length = SysSocket.recvmsg(socket.number(), header.address(), SysSocket.MSG_CMSG_CLOEXEC);
    List<Fd> descriptors = new ArrayList<>();
    if (header.get(JAVA_LONG, Msghdr.msg_controllen$OFFSET) >= Msghdr.CMSG_SIZE) {
      assertThat(control.get(JAVA_INT, Msghdr.cmsg_type$OFFSET)).isEqualTo(SysSocket.SCM_RIGHTS);
      long end = control.get(JAVA_LONG, 0);
      for (long at = Msghdr.CMSG_SIZE; at < end; at += 4) {
        descriptors.add(new Fd(control.get(JAVA_INT, at)));
      }
    }
    return new Received(
        new String(text.asSlice(0, Math.max(length, 0)).toArray(JAVA_BYTE), UTF_8),
        header.get(JAVA_INT, Msghdr.msg_flags$OFFSET),
        descriptors);
  }

  private MemorySegment header(MemorySegment data, MemorySegment control) {
    MemorySegment iovec = arena.allocate(Iovec.LAYOUT);
    Iovec.set(iovec, 0, data.address(), data.byteSize());
    MemorySegment header = arena.allocate(Msghdr.SIZE, 8);
    Msghdr.set(header, iovec, control);
    return header;
  }

  private record Received(String text, int flags, List<Fd> descriptors) {}

  /** Two sockets that are connected to each other. */
  private static final class Pair implements AutoCloseable {
    final Fd left;
    final Fd right;

    Pair(Arena arena) {
      MemorySegment numbers = arena.allocate(8, 4);
      int type = SysSocket.SOCK_STREAM | SysSocket.SOCK_CLOEXEC;
      Errno.check(SysSocket.socketpair(SysSocket.AF_UNIX, type, 0, numbers), "socketpair");
      left = new Fd(numbers.get(JAVA_INT, 0));
      right = new Fd(numbers.get(JAVA_INT, 4));
    }

    @Override
    public void close() {
      left.close();
      right.close();
    }
  }
}
