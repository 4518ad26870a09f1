package org.kvmzone.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Freezing through an agent that is a thread of ours. */
@Timeout(60)
class GuestAgentTest {
  private static final Pattern SYNC =
      Pattern.compile("\u00ff?.*\"guest-sync-delimited\".*\"id\": ?([0-9]+).*");

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path directory;
  private final List<String> happened = new CopyOnWriteArrayList<>();
  private ServerSocketChannel server;

  GuestAgentTest() throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
  }

  @BeforeEach
  void listen() throws IOException {
    server = server.bind(UnixDomainSocketAddress.of(socket()));
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private Path socket() {
    return directory.resolve("qga.sock");
  }

  /** Answers commands as told; a synchronization as qemu-ga does. */
  private void agent(UnaryOperator<String> answers) {
    Thread ignored = Thread.ofPlatform().daemon().start(() -> serve(answers));
  }

  private void serve(UnaryOperator<String> answers) {
    try (SocketChannel client = server.accept();
        BufferedReader in =
            new BufferedReader(Channels.newReader(client, StandardCharsets.ISO_8859_1));
        Writer out = Channels.newWriter(client, StandardCharsets.ISO_8859_1)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        Matcher sync = SYNC.matcher(line);
        if (!sync.matches()) {
          happened.add(line.replaceAll(".*\"guest-fsfreeze-([a-z]+)\".*", "$1"));
        }
        // Before the answer are what somebody else asked for before us, and the error that the mark
        // is.
        out.write(
            sync.matches()
                ? "turn\": 1}\n\u00ff{\"return\": 0}\n{\"error\": {}}\n\u00ff{\"return\": "
                    + sync.group(1)
                    + "}\n"
                : answers.apply(happened.getLast()) + "\n");
        out.flush();
      }
    } catch (IOException e) {
      return; // the test is over
    }
  }

  @Test
  void guest_isFrozenWhileSomethingIsDone() throws IOException {
    agent(command -> "{\"return\": 2}");
    try (GuestAgent agent = GuestAgent.connect(socket())) {
      agent.whileFrozen(PATIENCE, () -> happened.add("snapshot"));
    }
    assertThat(happened).containsExactly("freeze", "snapshot", "thaw");
  }

  @Test
  void guestThatCannotBeFrozen_isThawedAndNothingIsDone() throws IOException {
    agent(command ->
        command.equals("freeze")
            ? "{\"error\": {\"class\": \"GenericError\", \"desc\": \"failed to freeze /\"}}"
            : "{\"return\": 0}");
    try (GuestAgent agent = GuestAgent.connect(socket())) {
      assertThatThrownBy(() -> agent.whileFrozen(PATIENCE, () -> happened.add("snapshot")))
          .hasMessage("the guest's agent: guest-fsfreeze-freeze: failed to freeze /");
    }
    assertThat(happened).containsExactly("freeze", "thaw");
  }

  @Test
  void whateverGoesWrong_theGuestIsThawed() throws IOException {
    agent(command -> "{\"return\": 2}");
    try (GuestAgent agent = GuestAgent.connect(socket())) {
      assertThatThrownBy(() ->
              agent.whileFrozen(
                  PATIENCE,
                  () -> {
                    throw new IllegalStateException("out of space");
                  }))
          .hasMessage("out of space");
    }
    assertThat(happened).containsExactly("freeze", "thaw");
  }

  @Test
  void guestOfWhichNothingIsFrozen_isNoGoodAnswer() throws IOException {
    agent(command -> "{\"return\": 0}");
    try (GuestAgent agent = GuestAgent.connect(socket())) {
      assertThatThrownBy(() -> agent.whileFrozen(PATIENCE, () -> happened.add("snapshot")))
          .hasMessage(
              socket()
                  + ": the guest's agent has frozen nothing: no file system of a disk is mounted");
    }
    assertThat(happened).containsExactly("freeze", "thaw");
  }

  @Test
  void guestThatThawsByItself_isToldOf() throws IOException {
    agent(command -> command.equals("freeze") ? "{\"return\": 3}" : "{\"return\": 1}");
    try (GuestAgent agent = GuestAgent.connect(socket())) {
      assertThatThrownBy(() -> agent.whileFrozen(PATIENCE, () -> happened.add("snapshot")))
          .hasMessage(
              socket()
                  + ": done, but the guest thawed 2 of its 3 file systems before: it is as after a"
                  + " power failure");
    }
    assertThat(happened).containsExactly("freeze", "snapshot", "thaw");
  }

  @Test
  void guestThatCannotBeThawed_isToldOf() throws IOException {
    agent(command ->
        command.equals("freeze")
            ? "{\"return\": 1}"
            : "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}");
    try (GuestAgent agent = GuestAgent.connect(socket())) {
      assertThatThrownBy(() ->
              agent.whileFrozen(
                  PATIENCE,
                  () -> {
                    throw new IllegalStateException("out of space");
                  }))
          .hasMessage(
              "out of space; and the guest's agent: guest-fsfreeze-thaw: no; the guest may be"
                  + " frozen: do this again when its agent answers, that thaws it");
    }
  }

  /** A process that has a guest frozen, and does not come to an end. */
  static final class Freezer {
    private Freezer() {}

    public static void main(String[] args) throws IOException {
      try (GuestAgent agent = GuestAgent.connect(Path.of(args[0]))) {
        agent.whileFrozen(
            PATIENCE,
            () -> {
              System.out.println("frozen");
              while (true) {
                LockSupport.park();
              }
            });
      }
    }
  }

  private Process freezer() throws IOException {
    List<String> line = new ArrayList<>();
    // A job in the background has SIGINT ignored, and those that it starts.
    line.addAll(List.of("/usr/bin/env", "--default-signal=INT"));
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
    line.addAll(List.of("-cp", System.getProperty("java.class.path")));
    line.addAll(List.of(Freezer.class.getName(), socket().toString()));
    return new ProcessBuilder(line).redirectErrorStream(true).start();
  }

  @ParameterizedTest
  @CsvSource({"TERM,143", "INT,130"})
  void processThatIsToldToEnd_thawsTheGuestBefore(String signal, int code) throws Exception {
    agent(command -> "{\"return\": 2}");
    Process process = freezer();
    try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(said.readLine()).isEqualTo("frozen");
      assertThat(happened).containsExactly("freeze");
      String order = "kill -" + signal + " " + process.pid();
      assertThat(new ProcessBuilder("/bin/sh", "-c", order).start().waitFor()).isZero();
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).isEqualTo(code);
    assertThat(happened).containsExactly("freeze", "thaw");
  }

  @Test
  void whoIsNoAgent_isToldApart() {
    agent(command -> "hello");
    assertThatThrownBy(
            () -> {
              try (GuestAgent agent = GuestAgent.connect(socket())) {
                agent.whileFrozen(PATIENCE, () -> happened.add("snapshot"));
              }
            })
        .hasMessageContaining("what came is not from a guest's agent");
    assertThat(happened).doesNotContain("snapshot");
  }
}
