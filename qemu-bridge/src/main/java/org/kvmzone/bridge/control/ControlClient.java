package org.kvmzone.bridge.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Asks a running process through its control socket. Used by one thread at a time. */
public final class ControlClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Path path;
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final Duration patience;
  private final ByteBuffer input = ByteBuffer.allocate(64 << 10).flip();
  private long lastId;

  private ControlClient(Path path, SocketChannel channel, Selector selector, Duration patience)
      throws IOException {
    this.path = path;
    this.channel = channel;
    this.selector = selector;
    this.patience = patience;
    channel.configureBlocking(false);
    this.key = channel.register(selector, 0);
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
    SocketChannel channel;
    try {
      channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
    } catch (SocketException e) {
      throw new IOException(path + ": nobody answers: is it running?", e);
    }
    try {
      return new ControlClient(path, channel, Selector.open(), patience);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
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
    long deadline = System.nanoTime() + patience.toNanos();
    send(Protocol.encode(request.build()), deadline);
    return reply(id, line(deadline));
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

  private void send(ByteBuffer bytes, long deadline) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE, deadline);
      }
    }
  }

  private String line(long deadline) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (line.size() <= Protocol.MAX_REPLY) {
      while (input.hasRemaining()) {
        byte b = input.get();
        if (b == '\n') {
          return Protocol.text(line.toByteArray());
        }
        line.write(b);
      }
      input.clear();
      int count = channel.read(input);
      input.flip();
      if (count < 0) {
        throw new IOException(path + ": the connection was closed before the reply");
      }
      if (count == 0) {
        await(SelectionKey.OP_READ, deadline);
      }
    }
    throw new IOException(path + ": the reply is longer than " + Protocol.MAX_REPLY + " bytes");
  }

  private void await(int operation, long deadline) throws IOException {
    key.interestOps(operation);
    long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
    if (left <= 0) {
      throw new IOException(path + ": no reply within " + patience.toMillis() / 1000.0 + " s");
    }
    selector.select(left);
    selector.selectedKeys().clear();
    if (Thread.interrupted()) {
      Thread.currentThread().interrupt();
      throw new IOException(path + ": interrupted while waiting for a reply");
    }
  }

  /** Ends the connection; what the process kept for it is given up. */
  @Override
  public void close() throws IOException {
    try (channel) {
      selector.close();
    }
  }
}
