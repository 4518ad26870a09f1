package org.kvmzone.bridge.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ControlServerTest {
  private static final Limits LIMITS =
      new Limits(4, Duration.ofSeconds(30), Duration.ofSeconds(30));

  @TempDir private Path directory;
  private ControlServer server;

  @BeforeEach
  void start() throws IOException {
    server = open(LIMITS);
    server.start();
  }

  private ControlServer open(Limits limits) throws IOException {
    return ControlServer.open(directory.resolve("control.sock"), limits)
        .handle("echo", request -> Json.object().put("text", text(request)).build(), "text")
        .handle(
            "refuse",
            request -> {
              throw new ControlException("not today");
            })
        .handle(
            "fail",
            request -> {
              throw new IllegalStateException("line one\nline two");
            })
        .handle("forge", request -> Json.object().put("ok", false).build());
  }

  private static String text(Request request) throws ControlException {
    return request.text("text").orElseThrow(() -> request.missing("text"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** A client that sends and receives bytes as they are. */
  private final class Raw implements AutoCloseable {
    private final SocketChannel channel;
    private final BufferedReader reader;

    Raw() throws IOException {
      channel = SocketChannel.open(UnixDomainSocketAddress.of(server.path()));
      reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
    }

    Raw send(String text) throws IOException {
      return send(text.getBytes(StandardCharsets.UTF_8));
    }

    Raw send(byte[] bytes) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      return this;
    }

    String line() throws IOException {
      return String.valueOf(reader.readLine());
    }

    /** Whether the server has closed the connection, with nothing more to say. */
    boolean isEnded() throws IOException {
      try {
        return reader.read() < 0;
      } catch (IOException e) {
        return true; // reset: closed with something of ours unread
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private static String request(int id, String command, String rest) {
    return "{\"v\":1,\"id\":%d,\"command\":\"%s\"%s}\n".formatted(id, command, rest);
  }

  @Test
  void request_isAnsweredWithItsIdAndInOrder() throws IOException {
    try (Raw raw = new Raw()) {
      raw.send(
          request(7, "echo", ",\"text\":\"a\\nb\"")
              + "{\"id\":\"x\",\"text\":\"2\",\"command\":\"echo\",\"v\":1}\r\n");
      assertThat(raw.line()).isEqualTo("{\"v\":1,\"id\":7,\"ok\":true,\"text\":\"a\\nb\"}");
      assertThat(raw.line()).isEqualTo("{\"v\":1,\"id\":\"x\",\"ok\":true,\"text\":\"2\"}");
    }
  }

  @Test
  void request_inManyPiecesIsPutTogether() throws IOException {
    try (Raw raw = new Raw()) {
      for (byte b : request(1, "echo", ",\"text\":\"\u00e4\"").getBytes(StandardCharsets.UTF_8)) {
        raw.send(new byte[] {b});
      }
      assertThat(raw.line()).isEqualTo("{\"v\":1,\"id\":1,\"ok\":true,\"text\":\"\u00e4\"}");
    }
  }

  @Test
  void requests_sentBeforeTheClientStopsSendingAreAnswered() throws IOException {
    try (Raw raw = new Raw()) {
      raw.send(request(1, "echo", ",\"text\":\"a\"") + request(2, "echo", ",\"text\":\"b\""));
      raw.channel.shutdownOutput();
      assertThat(raw.line()).contains("\"id\":1");
      assertThat(raw.line()).contains("\"id\":2");
      assertThat(raw.isEnded()).isTrue();
    }
  }

  @Test
  void whatIsNoRequest_isAnsweredInOneLineAndTheConnectionGoesOn() throws IOException {
    try (Raw raw = new Raw()) {
      assertError(raw, "", "not JSON: a value was expected at character 1");
      assertError(raw, "[]", "a request is a JSON object");
      assertError(raw, "{\"v\":1}", "id must be a string or a whole number");
      assertError(raw, "{\"v\":1,\"id\":{}}", "id must be a string or a whole number");
      assertError(raw, "{\"id\":1}", "v is null, this process speaks version 1");
      assertError(raw, "{\"v\":2,\"id\":1}", "v is 2, this process speaks version 1");
      assertError(raw, "{\"v\":1,\"id\":1}", "command must be a string");
      assertError(raw, "{\"v\":1,\"id\":1,\"command\":3}", "command must be a string");
      assertError(
          raw,
          "{\"v\":1,\"id\":1,\"command\":\"ehco\"}",
          "unknown command \"ehco\", did you mean echo?");
      assertError(
          raw,
          "{\"v\":1,\"id\":1,\"command\":\"echo\",\"txet\":1}",
          "echo has no member \"txet\", did you mean text?");
      assertError(raw, "{\"v\":1,\"id\":1,\"command\":\"echo\"}", "echo needs text");
      assertError(
          raw, "{\"v\":1,\"id\":1,\"command\":\"echo\",\"text\":1}", "text must be a string");
      assertError(raw, "{\"v\":1,\"id\":1,\"command\":\"refuse\"}", "not today");
      assertError(
          raw,
          "{\"v\":1,\"id\":1,\"command\":\"fail\"}",
          "fail failed: java.lang.IllegalStateException: line one line two");
      assertError(
          raw,
          "{\"v\":1,\"id\":1,\"command\":\"forge\"}",
          "forge failed: java.lang.IllegalArgumentException: a reply has a ok of its own");
      raw.send(new byte[] {'"', (byte) 0xc0, (byte) 0x80, '"', '\n'});
      assertThat(raw.line()).contains("not JSON: not UTF-8");
      raw.send(request(9, "echo", ",\"text\":\"still here\""));
      assertThat(raw.line()).contains("still here");
    }
  }

  @Test
  void aFloodOfNonsense_isAnsweredLineByLineAsFastAsItIsRead() throws IOException {
    int lines = 50_000;
    try (Raw raw = new Raw()) {
      Thread sender =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  raw.send("\n".repeat(lines));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      for (int i = 0; i < lines; i++) {
        assertThat(raw.line()).contains("not JSON");
      }
      sender.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertError(Raw raw, String request, String error) throws IOException {
    raw.send(request + "\n");
    Json.Obj reply = (Json.Obj) Json.parse(raw.line());
    assertThat(reply.members())
        .as(request)
        .containsEntry("ok", Json.of(false))
        .containsEntry("error", Json.of(error));
  }

  @Test
  void request_thatIsTooLongEndsItsConnectionOnly() throws IOException {
    try (Raw other = new Raw();
        Raw raw = new Raw()) {
      byte[] longest = new byte[Protocol.MAX_REQUEST];
      Arrays.fill(longest, (byte) ' ');
      longest[longest.length - 1] = '\n';
      raw.send(longest);
      assertThat(raw.line()).contains("a value was expected at character 65536");
      Arrays.fill(longest, (byte) 'x');
      raw.send(longest).send("x");
      assertThat(raw.line()).contains("a request has at most 65536 bytes");
      assertThat(raw.isEnded()).isTrue();
      other.send(request(1, "echo", ",\"text\":\"other\""));
      assertThat(other.line()).contains("other");
    }
  }

  @Test
  void clients_beyondTheBoundAreToldSo() throws IOException {
    List<Raw> clients = new ArrayList<>();
    for (int i = 0; i < LIMITS.clients(); i++) {
      clients.add(new Raw());
      clients.getLast().send(request(1, "echo", ",\"text\":\"in\""));
      assertThat(clients.getLast().line()).contains("in");
    }
    try (Raw extra = new Raw()) {
      assertThat(extra.line()).contains("more than 4 clients");
      assertThat(extra.isEnded()).isTrue();
    }
    clients.removeFirst().close();
    // The server sees the end of the one and the beginning of the other in the same turn at worst.
    String line;
    do {
      try (Raw next = new Raw()) {
        next.send(request(1, "echo", ",\"text\":\"in\""));
        line = next.line();
      }
    } while (line.contains("more than 4 clients"));
    assertThat(line).contains("in");
    for (Raw client : clients) {
      client.close();
    }
  }

  @Test
  void clientsThatAreSilentOrSlow_areClosed() throws IOException {
    server.close();
    Limits strict = new Limits(4, Duration.ofMillis(20), Duration.ofMillis(20));
    String huge = "x".repeat(8 << 20);
    server = open(strict).handle("huge", request -> Json.object().put("text", huge).build());
    server.start();
    try (Raw silent = new Raw();
        Raw half = new Raw().send("{\"v\":1");
        Raw deaf = new Raw().send(request(1, "huge", ""))) {
      assertThat(silent.isEnded()).isTrue();
      assertThat(half.isEnded()).isTrue();
      // Reads only after the server has given it up: what it gets then is not the whole reply.
      while (server.clients() > 0) {
        Thread.onSpinWait();
      }
      long received = 0;
      while (!deaf.isEnded()) {
        received++;
      }
      assertThat(received).isLessThan(huge.length());
    }
  }

  @Test
  void whatIsKeptForAClient_isClosedWithItsConnection_andMakesItsSilenceWelcome() throws Exception {
    server.close();
    CountDownLatch closed = new CountDownLatch(1);
    server =
        open(new Limits(4, Duration.ofMillis(1), Duration.ofSeconds(30)))
            .handle(
                "hold",
                request -> {
                  request.keep("it", closed::countDown);
                  return Json.object().build();
                })
            .handle(
                "held",
                request ->
                    Json.object()
                        .put("held", request.kept("it", AutoCloseable.class).isPresent())
                        .build());
    server.start();
    try (Raw holder = new Raw().send(request(1, "hold", ""))) {
      assertThat(holder.line()).contains("\"ok\":true");
      try (Raw silent = new Raw()) {
        assertThat(silent.isEnded()).isTrue();
      }
      holder.send(request(2, "held", ""));
      assertThat(holder.line()).contains("\"held\":true");
      assertThat(closed.getCount()).isEqualTo(1);
    }
    assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aHandlerThatHangs_keepsNeitherOthersFromConnectingNorTheServerFromClosing()
      throws Exception {
    server.close();
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    server =
        open(LIMITS)
            .handle(
                "hang",
                request -> {
                  entered.countDown();
                  try {
                    never.await();
                  } catch (InterruptedException e) {
                    throw new ControlException("interrupted");
                  }
                  return Json.object().build();
                });
    server.start();
    try (Raw hanging = new Raw().send(request(1, "hang", ""));
        Raw other = new Raw()) {
      assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
      other.send("nonsense\n");
      assertThat(other.line()).contains("not JSON");
      server.close();
      assertThat(other.isEnded()).isTrue();
      // It may be told that it was interrupted, or not any more.
      String last = hanging.line();
      assertThat(last.equals("null") || (last.contains("interrupted") && hanging.isEnded()))
          .as(last)
          .isTrue();
    }
    assertThat(server.path()).doesNotExist();
  }

  @Test
  void anyBytes_neverEndTheServer() throws IOException {
    long seed = Long.getLong("seed", System.nanoTime());
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    String sound = request(1, "echo", ",\"text\":\"sound\"");
    for (int i = 0; i < 300; i++) {
      byte[] bytes = sound.repeat(random.nextInt(1, 4)).getBytes(StandardCharsets.UTF_8);
      for (int n = random.nextInt(6); n > 0; n--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try (Raw raw = new Raw().send(bytes)) {
        raw.channel.shutdownOutput();
        for (String line = raw.reader.readLine(); line != null; line = raw.reader.readLine()) {
          assertThat(Json.parse(line)).as("seed %d", seed).isInstanceOf(Json.Obj.class);
        }
      }
    }
    try (ControlClient client = ControlClient.connect(server.path())) {
      assertThat(client.call("echo", Json.object().put("text", "here").build()).line())
          .as("seed %d", seed)
          .isEqualTo("{\"text\":\"here\"}");
    } catch (ControlException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  @Test
  void client_isToldWhatTheServerSays() throws Exception {
    try (ControlClient client = ControlClient.connect(server.path())) {
      assertThat(client.call("echo", Json.object().put("text", "a").build()))
          .isEqualTo(Json.object().put("text", "a").build());
      assertThatThrownBy(() -> client.call("refuse", Json.object().build()))
          .isInstanceOf(ControlException.class)
          .hasMessage("not today");
      String longText = "x".repeat(60_000);
      assertThat(client.call("echo", Json.object().put("text", longText).build()))
          .isEqualTo(Json.object().put("text", longText).build());
    }
  }

  @Test
  void client_doesNotWaitForEver() throws Exception {
    server.close();
    CountDownLatch never = new CountDownLatch(1);
    server =
        open(LIMITS)
            .handle(
                "hang",
                request -> {
                  try {
                    never.await();
                  } catch (InterruptedException e) {
                    throw new ControlException("interrupted");
                  }
                  return Json.object().build();
                });
    server.start();
    try (ControlClient client = ControlClient.connect(server.path(), Duration.ofMillis(20))) {
      assertThatThrownBy(() -> client.call("hang", Json.object().build()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no reply within 0.02 s");
    }
    try (ControlClient client = ControlClient.connect(server.path())) {
      server.close();
      assertThatThrownBy(() -> client.call("echo", Json.object().build()))
          .isInstanceOf(IOException.class);
    }
    assertThatThrownBy(() -> ControlClient.connect(server.path()))
        .hasMessage(server.path() + ": nobody answers: is it running?");
  }
}
