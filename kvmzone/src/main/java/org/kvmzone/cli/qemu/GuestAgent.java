package org.kvmzone.cli.qemu;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.JsonException;
import org.kvmzone.bridge.control.LineChannel;

/**
 * The agent in a guest (qemu-ga), through the socket of its virtio-serial port. Whoever answers may
 * be anybody: the guest is not trusted to answer at all, or what was asked.
 */
public final class GuestAgent implements AutoCloseable {
  private static final Duration SYNC = Duration.ofSeconds(5);

  /** qemu-ga itself gives a file system ten seconds. */
  private static final Duration FREEZE = Duration.ofSeconds(30);

  private final Path path;
  private final LineChannel channel;

  private GuestAgent(Path path, LineChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Connects to an agent that answers.
   *
   * @throws IOException if there is none
   */
  public static GuestAgent connect(Path path) throws IOException {
    GuestAgent agent = new GuestAgent(path, LineChannel.connect(path));
    try {
      agent.synchronize();
      return agent;
    } catch (IOException e) {
      agent.close();
      throw e;
    }
  }

  /** Reads past what it may have answered to somebody before us. */
  private void synchronize() throws IOException {
    long id = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
    send("guest-sync", Json.object().put("id", id).build(), SYNC);
    long end = System.nanoTime() + SYNC.toNanos();
    while (System.nanoTime() - end < 0) {
      if (Json.of(id).equals(receive("guest-sync", SYNC).members().get("return"))) {
        return;
      }
    }
    throw new IOException(path + ": the guest's agent does not answer what it is asked");
  }

  /**
   * Does something while all file systems of the guest are frozen.
   *
   * @throws IOException if they cannot be frozen, in which case nothing is done, or not be thawed
   */
  public void whileFrozen(Runnable what) throws IOException {
    try {
      Json ignored = execute("guest-fsfreeze-freeze");
    } catch (IOException e) {
      thaw(e);
      throw e;
    }
    try {
      what.run();
    } catch (RuntimeException e) {
      thaw(e);
      throw e;
    }
    Json ignored = execute("guest-fsfreeze-thaw");
  }

  /** Some of them may be frozen. */
  private void thaw(Exception because) {
    try {
      Json ignored = execute("guest-fsfreeze-thaw");
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  private Json execute(String command) throws IOException {
    send(command, Json.object().build(), FREEZE);
    Json.Obj answer = receive(command, FREEZE);
    if (answer.members().get("error") instanceof Json.Obj(Map<String, Json> error)) {
      String why = error.get("desc") instanceof Json.Text(String text) ? text : "it did not work";
      throw new IOException("the guest's agent: " + command + ": " + why);
    }
    return answer.members().getOrDefault("return", Json.Nothing.NULL);
  }

  private void send(String command, Json.Obj arguments, Duration patience) throws IOException {
    Json.Obj request = Json.object().put("execute", command).put("arguments", arguments).build();
    channel.send(request.line(), patience);
  }

  private Json.Obj receive(String command, Duration patience) throws IOException {
    try {
      if (Json.parse(channel.receive(patience)) instanceof Json.Obj object) {
        return object;
      }
    } catch (SocketTimeoutException e) {
      throw new IOException(
          "%s: the guest's agent has not answered %s within %d s: does it run in the guest?"
              .formatted(path, command, patience.toSeconds()),
          e);
    } catch (JsonException e) {
      throw new IOException(path + ": what came is not from a guest's agent", e);
    }
    throw new IOException(path + ": what came is not from a guest's agent");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
