package org.kvmzone.bridge.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SocketFileTest {
  @TempDir private Path directory;

  @Test
  void listen_makesASocketForTheOwnerAloneAndCloseRemovesIt() throws IOException {
    Path path = directory.resolve("control.sock");
    try (SocketFile socket = SocketFile.listen(path)) {
      assertThat(socket.path()).isEqualTo(path);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-------");
    }
    assertThat(path).doesNotExist();
    SocketFile.listen(path).close();
  }

  @Test
  void listen_replacesASocketThatNobodyAnswersOn() throws IOException {
    Path path = directory.resolve("control.sock");
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(path));
    }
    assertThat(path).exists();
    SocketFile.listen(path).close();
  }

  @Test
  void listen_leavesASocketThatSomebodyAnswersOn() throws IOException {
    Path path = directory.resolve("control.sock");
    try (ServerSocketChannel alive = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      alive.bind(UnixDomainSocketAddress.of(path));
      assertInUse(path);
    }
    Files.delete(path);
    try (SocketFile ours = SocketFile.listen(path)) {
      assertInUse(path);
      Files.delete(ours.path());
      // Its socket is gone, but the process is not: the lock says so.
      assertInUse(path);
    }
  }

  private static void assertInUse(Path path) {
    assertThatThrownBy(() -> SocketFile.listen(path))
        .isInstanceOf(IOException.class)
        .hasMessage(
            path
                + " is in use: a process of this name runs already, stop it or choose another name");
  }

  @Test
  void listen_leavesWhatIsNoSocket() throws IOException {
    Path path = Files.writeString(directory.resolve("control.sock"), "precious");
    assertThatThrownBy(() -> SocketFile.listen(path))
        .hasMessage(path + " is not a socket: remove it");
    assertThat(path).hasContent("precious");
    Path link = Files.createSymbolicLink(directory.resolve("link.sock"), path);
    assertThatThrownBy(() -> SocketFile.listen(link))
        .hasMessage(link + " is not a socket: remove it");
  }
}
