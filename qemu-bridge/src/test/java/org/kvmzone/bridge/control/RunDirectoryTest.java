package org.kvmzone.bridge.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunDirectoryTest {
  @TempDir private Path directory;

  @Test
  void prepare_closesTheDirectoryToOthers() throws IOException {
    RunDirectory run = RunDirectory.at(directory.resolve("kvmzone"));
    Files.createDirectory(
        run.path(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxrwxrwx")));
    Path socket = run.prepare("web-1.example");
    assertThat(socket).isEqualTo(run.path().resolve("web-1.example/control.sock"));
    for (Path each : new Path[] {run.path(), socket.getParent()}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
          .isEqualTo("rwx------");
    }
    assertThat(run.prepare("web-1.example")).isEqualTo(socket);
  }

  @Test
  void prepare_refusesALink() throws IOException {
    RunDirectory run = RunDirectory.at(directory);
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Files.createSymbolicLink(directory.resolve("web"), elsewhere);
    assertThatThrownBy(() -> run.prepare("web"))
        .hasMessage(directory.resolve("web") + " is not a directory of this user: remove it");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "../x", "a/b", "-a", ".a", "a b", "a\n", "\u00e4"})
  void socket_refusesNamesThatAreNoFileName(String name) {
    assertThatThrownBy(() -> RunDirectory.at(directory).socket(name))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("1 to 64 letters")
        .message()
        .hasLineCount(1);
  }

  @Test
  void socket_refusesPathsThatDontFitIntoAnAddress() {
    RunDirectory run = RunDirectory.at(Path.of("/" + "x".repeat(80)));
    assertThatThrownBy(() -> run.socket("a".repeat(14)))
        .hasMessageContaining("a socket's path has at most 107 characters");
  }

  @Test
  void names_areThoseWithASocket() throws IOException {
    RunDirectory run = RunDirectory.at(directory.resolve("run"));
    assertThat(run.names()).isEmpty();
    run.prepare("without");
    Path b = run.prepare("b");
    Path a = run.prepare("a");
    try (SocketFile first = SocketFile.listen(b);
        SocketFile second = SocketFile.listen(a)) {
      assertThat(first.path()).exists();
      assertThat(second.path()).exists();
      assertThat(run.names()).containsExactly("a", "b");
    }
    assertThat(run.names()).isEmpty();
  }
}
