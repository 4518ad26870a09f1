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
 * be anybody: the guest is not trusted to answer at all, or what was asked. Nor does the port begin
 * anew with each who connects: the agent may have half a command of somebody before us, and answers
 * to him on their way. So each command goes behind a synchronization, as QEMU's manual of the agent
 * has it for such ports (guest-sync-delimited).
 */
public final class GuestAgent implements AutoCloseable {
  private static final String SYNC = "guest-sync-delimited";
  private static final String FREEZE = "guest-fsfreeze-freeze";
  private static final String THAW = "guest-fsfreeze-thaw";

  /** In no text: it ends what the agent has read so far, and comes before what it answers then. */
  private static final byte MARK = (byte) 0xff;

  private static final Duration SYNCHRONIZING = Duration.ofSeconds(10);

  /** For one who has to end. */
  private static final Duration PARTING = Duration.ofSeconds(10);

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
      agent.awaitSync(SYNC, agent.sendSync(SYNCHRONIZING), SYNCHRONIZING);
      return agent;
    } catch (IOException e) {
      agent.close();
      throw e;
    }
  }

  /**
   * Does something while all file systems of the guest are frozen. They are thawed whatever
   * happens, also when this process is told to end; a guest of Windows thaws itself after ten
   * seconds.
   *
   * @param patience how long freezing may take; thawing has twice as long
   * @throws IOException if they cannot be frozen, in which case nothing is done; or if they were
   *     not frozen until it was done, or not thawed then
   */
  public void whileFrozen(Duration patience, Runnable what) throws IOException {
    Thread rescue = new Thread(this::rescue, "thaw");
    Runtime.getRuntime().addShutdownHook(rescue);
    try {
      long frozen = freeze(patience);
      run(patience, what);
      long thawed = thaw(patience);
      if (thawed < frozen) {
        throw new IOException(
            "%s: done, but the guest thawed %d of its %d file systems before: it is as after a power failure"
                .formatted(path, frozen - thawed, frozen));
      }
    } finally {
      forget(rescue);
    }
  }

  private long freeze(Duration patience) throws IOException {
    try {
      long frozen = execute(FREEZE, patience);
      if (frozen <= 0) {
        throw new IOException(
            path + ": the guest's agent has frozen nothing: no file system of a disk is mounted");
      }
      return frozen;
    } catch (IOException e) {
      thaw(patience, e);
      throw e;
    }
  }

  private void run(Duration patience, Runnable what) throws IOException {
    try {
      what.run();
    } catch (RuntimeException e) {
      thaw(patience, e);
      throw e;
    }
  }

  /** After a failure, of which some file systems may be frozen. */
  private void thaw(Duration patience, Exception because) throws IOException {
    try {
      long ignored = thaw(patience);
    } catch (IOException e) {
      IOException both = new IOException(because.getMessage() + "; and " + e.getMessage(), because);
      both.addSuppressed(e);
      throw both;
    }
  }

  /**
   * Thaws, with patience: a port that nobody is connected to takes no answer, and qemu-ga waits
   * with the answer to one command before it looks at the next.
   */
  private long thaw(Duration patience) throws IOException {
    try {
      return execute(THAW, patience.multipliedBy(2));
    } catch (IOException e) {
      throw new IOException(
          e.getMessage()
              + "; the guest may be frozen: do this again when its agent answers, that thaws it",
          e);
    }
  }

  /** When the process ends while the guest is frozen. */
  private void rescue() {
    try {
      long ignored = execute(THAW, PARTING);
    } catch (IOException e) {
      return; // it was told; nobody is left to hear more
    }
  }

  private static void forget(Thread rescue) {
    try {
      boolean ignored = Runtime.getRuntime().removeShutdownHook(rescue);
    } catch (IllegalStateException e) {
      return; // it runs: thawing twice does no harm
    }
  }

  /**
   * Gives a command and returns the number that it answers. It is given even to an agent that does
   * not answer: when it goes on, it finds it.
   */
  private synchronized long execute(String command, Duration patience) throws IOException {
    long id = sendSync(patience);
    send(command, Json.object().build(), patience);
    awaitSync(command, id, patience);
    Map<String, Json> answer = receive(command, patience).members();
    if (answer.get("error") instanceof Json.Obj(Map<String, Json> error)) {
      String why = error.get("desc") instanceof Json.Text(String text) ? text : "it did not work";
      throw new IOException("the guest's agent: " + command + ": " + why);
    }
    if (answer.get("return") instanceof Json.Whole(long number)) {
      return number;
    }
    throw new IOException(path + ": what came is not from a guest's agent");
  }

  private long sendSync(Duration patience) throws IOException {
    long id = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
    channel.sendMark(MARK, patience);
    send(SYNC, Json.object().put("id", id).build(), patience);
    return id;
  }

  /** Reads past all that was not asked for in this very moment. */
  private void awaitSync(String command, long id, Duration patience) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() - end < 0) {
      try {
        channel.skipPast(MARK, patience);
      } catch (SocketTimeoutException e) {
        throw late(command, patience, e);
      }
      if (Json.of(id).equals(receive(command, patience).members().get("return"))) {
        return;
      }
    }
    throw new IOException(path + ": the guest's agent does not answer what it is asked");
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
      throw late(command, patience, e);
    } catch (JsonException e) {
      throw new IOException(path + ": what came is not from a guest's agent", e);
    }
    throw new IOException(path + ": what came is not from a guest's agent");
  }

  private IOException late(String command, Duration patience, SocketTimeoutException cause) {
    return new IOException(
        "%s: the guest's agent has not answered %s within %d s: does it run in the guest?"
            .formatted(path, command, patience.toSeconds()),
        cause);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
