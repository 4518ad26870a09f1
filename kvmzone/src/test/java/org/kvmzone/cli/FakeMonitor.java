package org.kvmzone.cli;

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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A monitor that answers as QEMU does, and keeps what it was told. */
final class FakeMonitor implements AutoCloseable {
  private static final String NOTHING = "{\"return\":{}}";

  private final ServerSocketChannel server;
  private final String greeting;
  private final Map<String, List<String>> answers;
  private final List<String> told = new CopyOnWriteArrayList<>();

  private FakeMonitor(Path path, String greeting, Map<String, List<String>> answers)
      throws IOException {
    this.greeting = greeting;
    this.answers = answers;
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    Thread.ofPlatform().daemon().name("monitor").start(this::serve);
  }

  /**
   * That of a QEMU.
   *
   * @param major its version
   * @param answers lines in answer to a command that holds the key; other commands return nothing
   */
  static FakeMonitor of(Path path, int major, Map<String, List<String>> answers)
      throws IOException {
    String greeting =
        "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":2,\"minor\":0,\"major\":%d}}}}"
            .formatted(major);
    return new FakeMonitor(path, greeting, answers);
  }

  /** Something that greets in another way. */
  static FakeMonitor greeting(Path path, String greeting) throws IOException {
    return new FakeMonitor(path, greeting, Map.of());
  }

  /** The commands that came, but for those that everybody begins with. */
  List<String> told() {
    return told.stream()
        .filter(line -> !line.contains("qmp_capabilities") && !line.contains("query-kvm"))
        .toList();
  }

  private void serve() {
    try {
      while (true) {
        talk();
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void talk() throws IOException {
    try (SocketChannel client = server.accept();
        BufferedReader in = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
        Writer out = Channels.newWriter(client, StandardCharsets.UTF_8)) {
      say(out, greeting);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        told.add(line);
        for (String answer : answer(line)) {
          say(out, answer);
        }
      }
    }
  }

  private List<String> answer(String command) {
    return answers.entrySet().stream()
        .filter(entry -> command.contains("\"" + entry.getKey() + "\""))
        .map(Map.Entry::getValue)
        .findAny()
        .orElse(List.of(NOTHING));
  }

  private static void say(Writer out, String line) throws IOException {
    out.write(line + "\r\n");
    out.flush();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
