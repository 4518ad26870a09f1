package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.control.StateDirectory;
import org.kvmzone.bridge.device.Spec;

/** {@code serve} among other processes: what is handed to it, what ends it, who comes next. */
@Timeout(120)
class ServeProcessTest {
  private static final Path ACTIVATE = Path.of("/usr/bin/systemd-socket-activate");
  private static final byte[] GET_FEATURES = {1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
  private static final int REPLY_BYTES = 20;

  @TempDir private Path directory;
  private final List<Process> started = new ArrayList<>();
  private Path socket = Path.of("/nowhere");
  private String disk = "";

  @BeforeEach
  void makeDisk() throws IOException {
    socket = directory.resolve("disk0.sock");
    disk = "zvol,id=disk0,path=" + Files.write(directory.resolve("disk.img"), new byte[1 << 20]);
  }

  @AfterEach
  void endAll() throws Exception {
    for (Process process : started) {
      process.destroyForcibly().waitFor();
    }
  }

  private static List<String> java(Class<?> main) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        System.getProperty("java.class.path"),
        main.getName());
  }

  private List<String> serve(String... args) {
    List<String> line = new ArrayList<>(java(Main.class));
    line.addAll(List.of("serve", "--warm-up", "0"));
    line.addAll(List.of("--name", directory.getFileName().toString()));
    line.addAll(List.of(args));
    return line;
  }

  private Process start(List<String> line) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().put("XDG_RUNTIME_DIR", directory.toString());
    builder.environment().put("KVMZONE_CACHE", directory.resolve("cache").toString());
    builder.environment().put("KVMZONE_STATE", directory.resolve("state").toString());
    Process process = builder.start();
    started.add(process);
    return process;
  }

  /** Returns what it has printed when it listens. */
  private static List<String> awaitReady(Process process) throws IOException {
    List<String> lines = new ArrayList<>();
    BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
    while (lines.stream().noneMatch(line -> line.startsWith("-device"))) {
      String line = reader.readLine();
      assertThat(line).as("the end of %s", lines).isNotNull();
      lines.add(line);
    }
    return lines;
  }

  private static void assertEnds(Process process, int code) throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(code);
  }

  private static void signal(String name, Process process) throws Exception {
    String order = "kill -" + name + " " + process.pid();
    assertThat(new ProcessBuilder("/bin/sh", "-c", order).start().waitFor()).isZero();
  }

  private SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  private static void assertAnswers(SocketChannel frontEnd) throws IOException {
    frontEnd.write(ByteBuffer.wrap(GET_FEATURES));
    ByteBuffer reply = ByteBuffer.allocate(REPLY_BYTES);
    while (reply.hasRemaining()) {
      assertThat(frontEnd.read(reply)).isPositive();
    }
  }

  private static void assertClosed(SocketChannel frontEnd) throws IOException {
    assertThat(frontEnd.read(ByteBuffer.allocate(1))).isEqualTo(-1);
  }

  private List<String> handOver(String how, List<String> command) {
    List<String> line = new ArrayList<>(java(HandOver.class));
    line.addAll(List.of(how, socket.toString()));
    line.addAll(command);
    return line;
  }

  @Test
  void aConnectedSocket_isServed_andTheServiceEndsWithIt() throws Exception {
    try (ServerSocketChannel manager = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      manager.bind(UnixDomainSocketAddress.of(socket));
      Process process = start(handOver("connect", serve("--fd", "FD", "--disk", disk)));
      try (SocketChannel frontEnd = manager.accept()) {
        assertAnswers(frontEnd);
        assertThat(process.isAlive()).isTrue();
      }
      assertEnds(process, 0);
    }
  }

  @Test
  void aVnicThatWasCreated_isServedFromTheStart() throws Exception {
    String name = directory.getFileName().toString();
    StateDirectory.at(directory.resolve("state"))
        .create(name, Spec.parse("vnic,id=net7,over=s0,macaddr=02:08:20:00:00:07"));
    Process process = start(serve("--dir", directory.toString()));
    assertThat(awaitReady(process)).anyMatch(line -> line.contains("netdev=net7"));
    socket = directory.resolve("net7.sock");
    try (SocketChannel frontEnd = connect()) {
      assertAnswers(frontEnd);
    }
    signal("TERM", process);
    assertEnds(process, 0);
  }

  @Test
  void aListeningSocket_isServed_andStaysWhenTheServiceEnds() throws Exception {
    Process process = start(handOver("listen", serve("--fd", "disk0=FD", "--disk", disk)));
    assertThat(awaitReady(process)).anyMatch(line -> line.contains(",path=" + socket + ","));
    try (SocketChannel frontEnd = connect()) {
      assertAnswers(frontEnd);
      process.destroy();
      assertClosed(frontEnd);
    }
    assertEnds(process, 0);
    assertThat(socket).exists();
  }

  @Test
  void socketsThatSystemdHandsOver_goToTheDevicesOfTheirNames() throws Exception {
    assumeTrue(Files.isExecutable(ACTIVATE), ACTIVATE + " is not on this machine");
    Path other = directory.resolve("disk1.sock");
    Path second = Files.write(directory.resolve("second.img"), new byte[1 << 20]);
    List<String> line = new ArrayList<>(List.of(ACTIVATE.toString()));
    line.addAll(List.of("-l", other.toString(), "-l", socket.toString(), "--fdname=disk1:disk0"));
    line.addAll(List.of("-E", "XDG_RUNTIME_DIR", "-E", "KVMZONE_CACHE"));
    line.addAll(serve("--disk", disk, "--disk", "zvol,id=disk1,path=" + second));
    Process process = start(line);
    String said = process.inputReader(StandardCharsets.UTF_8).readLine();
    assertThat(said).contains("Listening on " + other);
    assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).contains(socket.toString());
    try (SocketChannel frontEnd = connect()) {
      assertThat(awaitReady(process))
          .anyMatch(printed -> printed.contains("id=disk0,path=" + socket + ","));
      assertAnswers(frontEnd);
      process.destroy();
      assertClosed(frontEnd);
    }
    assertEnds(process, 0);
    assertThat(socket).exists();
    assertThat(other).exists();
  }

  @Test
  void descriptorsThatAreNone_areAFailureInOneLine() throws Exception {
    Process process = start(serve("--fd", "9", "--disk", disk));
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .startsWith("kvmzone")
        .contains("disk0: descriptor 9 is not")
        .hasLineCount(1);
    assertEnds(process, Failure.FAILED);
  }

  /** In the middle of a message, and of nothing; a hang-up of the terminal is nobody's business. */
  @Test
  void hangUpsAreIgnored_andSigintEndsWhateverIsUnderWay() throws Exception {
    Process process = start(serve("--socket-path", socket.toString(), "--disk", disk));
    awaitReady(process);
    signal("HUP", process);
    try (SocketChannel frontEnd = connect()) {
      assertAnswers(frontEnd);
      frontEnd.write(ByteBuffer.wrap(Arrays.copyOf(GET_FEATURES, 6)));
      signal("HUP", process);
      signal("INT", process);
      assertClosed(frontEnd);
    }
    assertEnds(process, 0);
    assertThat(socket).doesNotExist();
  }

  @Test
  void whoComesSecond_isRefused_andTakesOverAtOnceWhenTheFirstIsKilled() throws Exception {
    String[] same = {"--dir", directory.toString(), "--disk", disk};
    Process first = start(serve(same));
    awaitReady(first);
    for (String[] args :
        List.of(same, new String[] {"--socket-path", "" + socket, "--disk", disk})) {
      Process second = start(serve(args));
      assertThat(new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("kvmzone")
          .contains("is in use")
          .hasLineCount(1);
      assertEnds(second, Failure.FAILED);
    }
    try (SocketChannel frontEnd = connect()) {
      assertAnswers(frontEnd);
      first.destroyForcibly();
      assertClosed(frontEnd);
    }
    assertThat(socket).exists();
    Process third = start(serve(same));
    awaitReady(third);
    try (SocketChannel frontEnd = connect()) {
      assertAnswers(frontEnd);
    }
    third.destroy();
    assertEnds(third, 0);
  }

  @Test
  void capabilities_areThoseThatAManagerAsksFor() {
    Cli cli = new Cli(directory);
    assertThat(cli.run("serve", "--print-capabilities"))
        .isEqualTo(new Cli.Result(0, "{\"type\":\"block\"}" + System.lineSeparator(), ""));
    assertThat(cli.run("serve", "--net", "vnic", "--print-capabilities").out())
        .startsWith("{\"type\":\"net\"}");
  }

  @Test
  void aNicWithoutAnAddressOrAName_isRefused() {
    assertThat(new Cli(directory).run("serve", "--net", "vnic,id=net0,over=s0").err())
        .startsWith("kvmzone: --net: macaddr= is missing")
        .hasLineCount(1);
  }
}
