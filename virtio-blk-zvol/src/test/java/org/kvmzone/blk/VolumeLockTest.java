package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may open a volume while somebody else has it, and what the loser is told. */
class VolumeLockTest {
  private static final String SELF = "this process (" + ProcessHandle.current().pid() + ")";

  @TempDir private Path directory;
  private Path path = Path.of("");

  @BeforeEach
  void create() throws IOException {
    path = directory.resolve("disk.img");
    try (RandomAccessFile made = new RandomAccessFile(path.toFile(), "rw")) {
      made.setLength(1 << 20);
    }
  }

  private static RawZvol open(Path path, boolean readOnly) {
    return RawZvol.open(
        new RawZvol.Options(path, readOnly, OptionalLong.empty(), Optional.empty()));
  }

  private static void assertInUse(Path path, boolean readOnly, String owner) {
    assertThatThrownBy(() -> open(path, readOnly).close())
        .isInstanceOf(VolumeException.class)
        .hasMessageStartingWith(path + " is in use by " + owner);
  }

  @Test
  void aSecondWriterInThisProcess_isRefused() {
    try (RawZvol first = open(path, false)) {
      assertInUse(path, false, SELF + ": end that first, or open it everywhere with readonly=on");
      assertInUse(path, true, SELF + ", which writes to it: end that first");
      assertThat(first.size()).isPositive();
    }
    open(path, false).close();
  }

  @Test
  void anotherNameForTheSameFile_doesNotHelp() throws IOException {
    Path link = directory.resolve("link.img");
    Files.createLink(link, path);
    Path symbolic = directory.resolve("symbolic.img");
    Files.createSymbolicLink(symbolic, path);
    try (RawZvol first = open(path, false)) {
      assertInUse(link, false, SELF);
      assertInUse(symbolic, false, SELF);
      assertThat(first.size()).isPositive();
    }
  }

  @Test
  void readersShare_andKeepWritersOut() {
    try (RawZvol first = open(path, true);
        RawZvol second = open(path, true)) {
      assertThat(first.size()).isEqualTo(second.size());
      assertInUse(path, false, SELF);
    }
    open(path, false).close();
  }

  @Test
  void aDevice_isKeptInTheSameWay() throws Exception {
    try (LoopDevice device = LoopDevice.on(path, 512)) {
      try (RawZvol writer = open(device.path(), false)) {
        assertThat(writer.size()).isPositive();
        assertInUse(device.path(), false, SELF);
        assertInUse(device.path(), true, SELF);
      }
      try (RawZvol first = open(device.path(), true);
          RawZvol second = open(device.path(), true)) {
        assertThat(first.size()).isEqualTo(second.size());
        assertInUse(device.path(), false, SELF);
      }
    }
  }

  /** Opens a volume, says so, and keeps it until it is told to end. */
  static final class Owner {
    private Owner() {}

    public static void main(String[] arguments) throws IOException {
      try (RawZvol zvol = open(Path.of(arguments[0]), Boolean.parseBoolean(arguments[1]))) {
        System.out.println("open " + zvol.size());
        int ignored = System.in.read();
      }
    }
  }

  private Process owner(boolean readOnly) throws IOException {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Owner.class.getName(),
                path.toString(),
                Boolean.toString(readOnly))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    assertThat(output.readLine()).isEqualTo("open 1048576");
    return process;
  }

  @Test
  void anotherProcess_isNamed_andItsLockDiesWithIt() throws Exception {
    Process owner = owner(false);
    try {
      assertInUse(path, false, "process " + owner.pid() + " (java)");
      assertInUse(path, true, "process " + owner.pid() + " (java)");
    } finally {
      owner.destroyForcibly();
    }
    assertThat(owner.waitFor(30, TimeUnit.SECONDS)).isTrue();
    open(path, false).close();
  }

  @Test
  void anotherProcessThatReads_sharesWithReaders() throws Exception {
    Process owner = owner(true);
    try {
      open(path, true).close();
      assertInUse(path, false, "process " + owner.pid() + " (java)");
    } finally {
      owner.destroyForcibly();
    }
  }

  private static Command qemuImg(String... arguments) {
    List<String> command = new ArrayList<>(List.of("qemu-img"));
    command.addAll(List.of(arguments));
    return Command.run(command.toArray(String[]::new));
  }

  @Test
  void qemuSeesOurLock_andMayLookPastIt() {
    assumeTrue(Command.isThere("qemu-img"), "qemu-img is not there: its locks are not compared");
    String target = directory.resolve("copy.img").toString();
    try (RawZvol ours = open(path, false)) {
      assertThat(ours.size()).isPositive();
      Command copy = qemuImg("convert", "-f", "raw", "-O", "raw", path.toString(), target);
      assertThat(copy.exit()).isNotZero();
      assertThat(copy.output()).contains("Is another process using the image");
      assertThat(qemuImg("resize", "-f", "raw", path.toString(), "2M").exit()).isNotZero();
      copy = qemuImg("convert", "-U", "-f", "raw", "-O", "raw", path.toString(), target);
      assertThat(copy.exit()).as(copy.output()).isZero();
    }
    try (RawZvol ours = open(path, true)) {
      assertThat(ours.size()).isPositive();
      Command copy = qemuImg("convert", "-f", "raw", "-O", "raw", path.toString(), target);
      assertThat(copy.exit()).as(copy.output()).isZero();
      assertThat(qemuImg("resize", "-f", "raw", path.toString(), "2M").exit()).isNotZero();
    }
    Command resize = qemuImg("resize", "-f", "raw", path.toString(), "2M");
    assertThat(resize.exit()).as(resize.output()).isZero();
  }

  @Test
  void weSeeTheLockOfQemu_andNameIt() throws Exception {
    assumeTrue(
        Command.isThere("qemu-storage-daemon"),
        "qemu-storage-daemon is not there: its locks are not compared");
    Path socket = directory.resolve("nbd.sock");
    Process qemu =
        new ProcessBuilder(
                "qemu-storage-daemon",
                "--blockdev",
                "driver=file,node-name=disk,filename=" + path,
                "--nbd-server",
                "addr.type=unix,addr.path=" + socket,
                "--export",
                "type=nbd,id=export,node-name=disk,writable=on",
                "--chardev",
                "stdio,id=monitor",
                "--monitor",
                "chardev=monitor")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      BufferedReader greeting =
          new BufferedReader(new InputStreamReader(qemu.getInputStream(), StandardCharsets.UTF_8));
      assertThat(greeting.readLine()).contains("QMP"); // its monitor speaks when all is open
      assertInUse(path, false, "process " + qemu.pid() + " (qemu-storage-da)");
    } finally {
      qemu.destroyForcibly();
    }
  }
}
