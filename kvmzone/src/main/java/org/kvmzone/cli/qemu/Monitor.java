package org.kvmzone.cli.qemu;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.JsonException;
import org.kvmzone.bridge.control.LineChannel;

/**
 * The monitor of a running QEMU, which talks QMP on a UNIX socket: a command out, its answer back,
 * events in between. A monitor has one client at a time; another waits, here for a bounded time.
 */
public final class Monitor implements AutoCloseable {
  /** A netdev_add returns when the back end has answered. */
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private static final Duration GREETING = Duration.ofSeconds(5);

  private final Path path;
  private final LineChannel channel;
  private final QemuVersion version;
  private final Queue<Json.Obj> events = new ArrayDeque<>();

  private Monitor(Path path, LineChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    version = version(read(GREETING));
    Json.Obj nothing = Json.object().build();
    Json ignored = execute(new QmpCommand("qmp_capabilities", nothing));
  }

  /**
   * Connects to the monitor at {@code path}.
   *
   * @throws IOException if there is none, or it serves somebody else
   */
  public static Monitor connect(Path path) throws IOException {
    LineChannel channel = LineChannel.connect(path);
    try {
      return new Monitor(path, channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private QemuVersion version(Json.Obj greeting) throws IOException {
    Map<String, Json> qemu =
        Optional.of(greeting)
            .flatMap(object -> member(object, "QMP"))
            .flatMap(object -> member(object, "version"))
            .flatMap(object -> member(object, "qemu"))
            .orElseThrow(() -> new IOException(path + ": whoever answers is no QMP monitor"))
            .members();
    return new QemuVersion(
        number(qemu.get("major")), number(qemu.get("minor")), number(qemu.get("micro")));
  }

  private static Optional<Json.Obj> member(Json.Obj object, String name) {
    return Optional.ofNullable(object.members().get(name))
        .filter(Json.Obj.class::isInstance)
        .map(Json.Obj.class::cast);
  }

  private static int number(@Nullable Json json) {
    return json instanceof Json.Whole(long value) ? (int) value : 0;
  }

  /** Which QEMU it is. */
  public QemuVersion version() {
    return version;
  }

  /** What runs the guest's instructions. */
  public Accelerator.Kind accelerator() throws IOException {
    Json answer = execute(new QmpCommand("query-kvm", Json.object().build()));
    boolean kvm =
        answer instanceof Json.Obj(Map<String, Json> members)
            && Json.of(true).equals(members.get("enabled"));
    return kvm ? Accelerator.Kind.KVM : Accelerator.Kind.TCG;
  }

  /**
   * Executes a command.
   *
   * @return what QEMU returned
   * @throws IOException with QEMU's own words if it could not, or if the connection is broken
   */
  public Json execute(QmpCommand command) throws IOException {
    channel.send(command.line(), ANSWER);
    while (true) {
      Json.Obj line = read(ANSWER);
      if (line.members().get("error") instanceof Json.Obj(Map<String, Json> error)) {
        String why = error.get("desc") instanceof Json.Text(String text) ? text : "it did not work";
        throw new IOException("QEMU: " + command.name() + ": " + why);
      }
      Json returned = line.members().get("return");
      if (returned != null) {
        return returned;
      }
      if (line.members().containsKey("event")) {
        events.add(line);
      }
    }
  }

  /**
   * Waits until the guest has let go of a device that {@code device_del} has asked it for.
   *
   * @throws IOException if it refuses, or does not in time
   */
  public void awaitDeleted(String id, Duration patience) throws IOException {
    long begun = System.nanoTime();
    try {
      while (true) {
        Json.Obj event = events.poll();
        if (event == null) {
          event = read(patience.minusNanos(System.nanoTime() - begun));
        }
        if (is(event, "DEVICE_DELETED", id)) {
          return;
        }
        if (is(event, "DEVICE_UNPLUG_GUEST_ERROR", id)) {
          throw new IOException("QEMU: the guest refused to let go of " + id);
        }
      }
    } catch (SocketTimeoutException e) {
      throw new IOException(
          "the guest has not let go of %s within %d s; does it run? Ask again, or force it"
              .formatted(id, patience.toSeconds()),
          e);
    }
  }

  private Json.Obj read(Duration patience) throws IOException {
    try {
      if (Json.parse(channel.receive(patience)) instanceof Json.Obj object) {
        return object;
      }
    } catch (JsonException e) {
      throw new IOException(path + ": what came is not QMP", e);
    }
    throw new IOException(path + ": what came is not QMP");
  }

  private static boolean is(Json.Obj event, String name, String id) {
    return Json.of(name).equals(event.members().get("event"))
        && member(event, "data")
            .filter(data -> Json.of(id).equals(data.members().get("device")))
            .isPresent();
  }

  /** Ends the connection; QEMU goes on. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
