package org.kvmzone.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.cli.FakeQemu;

class QemuTest {
  @TempDir private Path directory;
  private Remembered remembered = new Remembered(Path.of("/nowhere"));

  @BeforeEach
  void newMemory() {
    remembered = new Remembered(directory.resolve("found-out"));
  }

  private Qemu find(Path program) {
    return Qemu.find(program.toString(), "", List.of(), remembered);
  }

  @Test
  void program_isLookedUpInThePath() throws IOException {
    Path program = FakeQemu.write(directory, "8.1.2", "exit 1");
    Qemu qemu =
        Qemu.find(
            program.getFileName().toString(), "/nowhere::" + directory, List.of(), remembered);
    assertThat(qemu.program()).isEqualTo(program);
    assertThat(qemu.version()).isEqualTo(new QemuVersion(8, 1, 2));
  }

  @Test
  void version_isRememberedUntilTheFileChanges() throws IOException {
    Path program = FakeQemu.write(directory, "8.1.2", "exit 1");
    assertThat(find(program).version()).isEqualTo(new QemuVersion(8, 1, 2));
    FileTime before = Files.getLastModifiedTime(program);
    Files.writeString(program, Files.readString(program).replace("8.1.2", "9.1.2"));
    Files.setLastModifiedTime(program, before);
    assertThat(find(program).version()).isEqualTo(new QemuVersion(8, 1, 2));
    Files.setLastModifiedTime(program, FileTime.fromMillis(before.toMillis() + 1000));
    assertThat(find(program).version()).isEqualTo(new QemuVersion(9, 1, 2));
  }

  @Test
  void programThatIsMissing_isNamedWithTheCure() {
    assertThatThrownBy(() -> Qemu.find(Qemu.DEFAULT, "/nowhere", List.of(), remembered))
        .isInstanceOf(QemuException.class)
        .hasMessage(
            "qemu-system-x86_64 is not in PATH: install QEMU (Debian: qemu-system-x86), or choose"
                + " one with --qemu PATH");
    assertThatThrownBy(() -> find(directory))
        .isInstanceOf(QemuException.class)
        .hasMessage(directory + " is no program: choose another with --qemu PATH");
  }

  @Test
  void programThatIsTooOld_isRefused() throws IOException {
    Path program = FakeQemu.write(directory, "6.2.0", "exit 1");
    assertThatThrownBy(() -> find(program))
        .isInstanceOf(QemuException.class)
        .hasMessage(program + " is QEMU 6.2.0: 7.2.0 or later is needed");
  }

  @Test
  void programThatIsNoQemu_isRefused() {
    assertThatThrownBy(() -> find(Path.of("/bin/true")))
        .isInstanceOf(QemuException.class)
        .hasMessageContaining("/bin/true --version says no version of QEMU: ");
  }

  @Test
  void dataDirectoryThatIsMissing_isRefused() throws IOException {
    Path program = FakeQemu.write(directory, "8.1.2", "exit 1");
    Path data = directory.resolve("none");
    assertThatThrownBy(() -> Qemu.find(program.toString(), "", List.of(data), remembered))
        .isInstanceOf(QemuException.class)
        .hasMessage(data + " is no directory: see --qemu-data");
  }
}
