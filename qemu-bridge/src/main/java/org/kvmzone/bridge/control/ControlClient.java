package org.kvmzone.bridge.control;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Asks a running process through its control socket. Used by one thread at a time. */
public final class ControlClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Path path;
  private final LineChannel channel;
  private final Duration patience;
  private long lastId;

  private ControlClient(Path path, LineChannel channel, Duration patience) {
    this.path = path;
    this.channel = channel;
    this.patience = patience;
  }

  /**
   * Connects to the process that listens at {@code path}.
   *
   * @throws IOException if nobody does
   */
  public static ControlClient connect(Path path) throws IOException {
    return connect(path, PATIENCE);
  }

  /**
   * Connects, with another patience than ten seconds: so long may a reply be in coming.
   *
   * @throws IOException if nobody listens
   */
  public static ControlClient connect(Path path, Duration patience) throws IOException {
    return new ControlClient(path, LineChannel.connect(path), patience);
  }

  /**
   * Sends a command and waits for the reply.
   *
   * @param members of the request, besides v, id and command
   * @return the members of the reply, besides v, id and ok
   * @throws ControlException if the process cannot do it; the message says why
   * @throws IOException if the connection is broken, or no reply came in time; it is of no use then
   */
  public Json.Obj call(String command, Json.Obj members) throws IOException, ControlException {
    long id = ++lastId;
    Json.Builder request =
        Json.object().put("v", Protocol.VERSION).put("id", id).put("command", command);
    members.members().forEach(request::put);
    channel.send(request.build().line(), patience);
    return reply(id, channel.receive(patience));
  }

  /**
   * The bytes that follow the reply to a {@code capture}; they end when the process has no more, or
   * is gone. To be read by one thread; reading waits without a bound. Nothing can be called
   * afterwards.
   */
  public InputStream bytes() {
    return channel.bytes();
  }

  /** Asks for the end of these bytes: what there is still comes. By any thread. */
  public void finish() throws IOException {
    channel.finish();
  }

  private Json.Obj reply(long id, String line) throws IOException, ControlException {
    Map<String, Json> reply;
    try {
      reply = ((Json.Obj) Json.parse(line)).members();
    } catch (JsonException | ClassCastException e) {
      throw new IOException(path + ": what came is no reply", e);
    }
    if (reply.get("error") instanceof Json.Text(String error)) {
      throw new ControlException(error);
    }
    if (!Json.of(id).equals(reply.get("id")) || !Json.of(true).equals(reply.get("ok"))) {
      throw new IOException(path + ": what came is not the reply to what was asked");
    }
    Json.Builder rest = Json.object();
    reply.forEach((name, value) -> {
      if (!name.equals("v") && !name.equals("id") && !name.equals("ok")) {
        rest.put(name, value);
      }
    });
    return rest.build();
  }

  /** Ends the connection; what the process kept for it is given up. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
