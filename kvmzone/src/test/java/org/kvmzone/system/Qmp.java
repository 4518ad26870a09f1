package org.kvmzone.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** QEMU's monitor protocol: a command out, its answer back, events in between. */
final class Qmp implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final SocketChannel channel;
  private final OutputStream out;
  private final Transcript in;

  /** Speaks on a connection that QEMU made. */
  Qmp(SocketChannel channel) {
    this.channel = channel;
    this.out = Channels.newOutputStream(channel);
    this.in = new Transcript("QMP", Channels.newInputStream(channel));
    in.await("\"QMP\"", PATIENCE);
    execute("qmp_capabilities");
  }

  /** Executes a command without arguments and returns what it returned. */
  JsonNode execute(String command) {
    return execute(command, Map.of());
  }

  /** Executes a command and returns what it returned; fails with QEMU's own words if it failed. */
  JsonNode execute(String command, Map<String, ?> arguments) {
    try {
      out.write(
          (JSON.writeValueAsString(Map.of("execute", command, "arguments", arguments)) + "\n")
              .getBytes(StandardCharsets.UTF_8));
      out.flush();
      String answer = in.await("^\\{\"(return|error)\".*", PATIENCE).match().group();
      JsonNode tree = JSON.readTree(answer);
      if (tree.has("error")) {
        throw new AssertionError(command + ": " + tree.path("error").path("desc").asText());
      }
      return tree.path("return");
    } catch (IOException e) {
      throw new AssertionError("QMP " + command + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
