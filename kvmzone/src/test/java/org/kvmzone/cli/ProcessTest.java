package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own can show: becoming QEMU, and ending by a signal. */
class ProcessTest {
  private static final long LIMIT_SECONDS = 60;
  private static final String NAME = "process-test-" + ProcessHandle.current().pid();

  @TempDir private Path directory;

  private ProcessBuilder command(String... args) {
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "org.kvmzone.cli.Main"));
    line.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().put("KVMZONE_CACHE", directory.resolve("cache").toString());
    builder.environment().put("XDG_RUNTIME_DIR", directory.toString());
    // The plugin and its jar may not be built yet; the script that stands for QEMU loads neither.
    builder.environment().put("KVMZONE_PLUGIN", "/bin/sh");
    builder.environment().put("KVMZONE_CLASSPATH", "/bin/sh");
    return builder;
  }

  private String output(ProcessBuilder builder, int code) throws Exception {
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isEqualTo(code);
    return output;
  }

  private static void removeRunDirectory() throws IOException {
    Path run = Path.of("/run/kvmzone", NAME);
    Files.deleteIfExists(run.resolve("control.sock.lock"));
    Files.deleteIfExists(run);
  }

  @Test
  void run_becomesQemu() throws Exception {
    Path qemu =
        FakeQemu.write(
            directory,
            "7.2.22",
            """
            echo "pid $$"
            read line; echo "stdin $line"
            grep SigBlk /proc/self/status
            ls -l /proc/$$/fd >"$0.fds" # no pipe, which would be one more
            sed 's/.* \\([0-9]*\\) -> /fd \\1 /' "$0.fds"
            for word in "$@"; do echo "arg $word"; done
            exit 7
            """);
    Path input = Files.writeString(directory.resolve("in"), "hello\n");
    ProcessBuilder builder =
        command("run", "--name", NAME, "--accel", "tcg", "--qemu", "" + qemu, "--", "-vga", "a  b");
    // A descriptor that is handed over, as a tap is.
    builder.command().addAll(0, List.of("/bin/sh", "-c", "exec \"$@\" 9</dev/null", "sh"));
    Process process = builder.redirectInput(input.toFile()).start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    removeRunDirectory();
    assertThat(process.waitFor()).as("the exit code: %s", lines).isEqualTo(7);
    assertThat(lines)
        .contains("pid " + process.pid(), "stdin hello", "SigBlk:\t0000000000000000")
        .contains("fd 9 /dev/null")
        .contains("kvmzone: " + NAME + " on QEMU 7.2.22 with tcg (as asked for)")
        .endsWith("arg -vga", "arg a  b");
    // 10 and above are the shell's own.
    assertThat(lines).filteredOn(line -> line.matches("fd [3-8] .*")).isEmpty();
  }

  @Test
  void run_withAQemuThatCannotBeRun_saysSo() throws Exception {
    Path qemu = FakeQemu.write(directory, "7.2.22", "exit 1");
    String[] args = {"run", "--name", NAME, "--accel", "tcg", "--qemu", "" + qemu};
    assertThat(output(command(args), 1)).contains("with tcg");
    // Its version is remembered, so that the first thing that fails is becoming it.
    var before = Files.getLastModifiedTime(qemu);
    Files.writeString(qemu, Files.readString(qemu).replace("#!/bin/sh", "#!/bin/no"));
    Files.setLastModifiedTime(qemu, before);
    assertThat(output(command(args), Failure.MISSING))
        .contains("kvmzone: cannot become " + qemu + ": No such file or directory");
    removeRunDirectory();
  }

  @Test
  void serve_endsBySigterm_withExitCode0_andTakesItsSocketAway() throws Exception {
    Path disk = Files.write(directory.resolve("disk.img"), new byte[1 << 20]);
    Path sockets = directory.resolve("sockets");
    Process process =
        command(
                "serve",
                "--warm-up",
                "0",
                "--name",
                NAME,
                "--dir",
                sockets.toString(),
                "--disk",
                "zvol,id=disk0,path=" + disk)
            .start();
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      List<String> lines = new ArrayList<>();
      while (lines.stream().noneMatch(line -> line.startsWith("-device"))) {
        String line = reader.readLine();
        assumeTrue(
            line == null || !line.contains("Permission denied"), "skipped: no run directory here");
        assertThat(line).as("the end of %s", lines).isNotNull();
        lines.add(line);
      }
      Path socket = sockets.resolve("disk0.sock");
      assertThat(lines)
          .contains("-device vhost-user-blk-pci,id=disk0,chardev=disk0")
          .anyMatch(
              line -> line.startsWith("-chardev socket,id=disk0,path=" + socket + ",reconnect"));
      assertThat(socket).exists();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
          .isEqualTo("rw-rw----");
      process.destroy();
      assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(socket).doesNotExist();
    } finally {
      process.destroyForcibly();
      removeRunDirectory();
    }
  }

  @Test
  void serve_whatCannotBeServed_isAFailureAndLeavesNothing() throws Exception {
    Path sockets = directory.resolve("sockets");
    String output =
        output(
            command(
                "serve",
                "--warm-up",
                "0",
                "--name",
                NAME,
                "--dir",
                sockets.toString(),
                "--disk",
                "zvol,id=disk0,path=" + directory + "/none.img"),
            Failure.FAILED);
    assertThat(output).startsWith("kvmzone").contains("zvol disk0: ").hasLineCount(1);
    try (Stream<Path> left = Files.list(sockets)) {
      assertThat(left).isEmpty();
    }
    removeRunDirectory();
  }
}
