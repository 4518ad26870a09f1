package org.kvmzone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.ControlException;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.bridge.probe.Nearest;

/** The processes that host devices, asked through their control sockets. */
final class Hosts {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Hosts() {}

  /**
   * Connects to a host.
   *
   * @throws Failure if none of that name is running
   */
  static ControlClient connect(RunDirectory directory, String name, Duration patience)
      throws IOException {
    try {
      return ControlClient.connect(directory.socket(name), patience);
    } catch (IOException e) {
      List<String> names = directory.names();
      throw Failure.failed(
          !names.contains(name)
              ? name + " is not running" + Nearest.hint(name, names)
              : "" + e.getMessage(),
          e);
    }
  }

  /**
   * Connects to a host, if it runs.
   *
   * @throws IOException if that cannot be a name
   */
  static Optional<ControlClient> ifRunning(RunDirectory directory, String name) throws IOException {
    Path socket = directory.socket(name);
    try {
      return Optional.of(ControlClient.connect(socket, Plugging.PATIENCE));
    } catch (IOException nobody) {
      return Optional.empty();
    }
  }

  /** Asks; what the host cannot do is a failure of the command. */
  static Json.Obj ask(ControlClient host, String command, Json.Obj members) throws IOException {
    try {
      return host.call(command, members);
    } catch (ControlException e) {
      throw Failure.failed(e.line(), e);
    }
  }

  /** A member in print; a dash if it is not there. */
  static String text(Json.Obj object, String name) {
    return text(object.members().getOrDefault(name, Json.Nothing.NULL));
  }

  /** A single value in print; a dash if it is none. */
  static String text(Json value) {
    return switch (value) {
      case Json.Text(String text) -> text;
      case Json.Whole(long number) -> Long.toString(number);
      case Json.Bool(boolean on) -> on ? "on" : "off";
      default -> "-";
    };
  }

  /** A member that is a truth value; false if it is none. */
  static boolean flag(Json.Obj object, String name) {
    return Json.of(true).equals(object.members().get(name));
  }

  /** A member that is a list of objects; others are passed over. */
  static List<Json.Obj> objects(Json.Obj object, String name) {
    return object.members().get(name) instanceof Json.Arr(List<Json> values)
        ? values.stream().filter(Json.Obj.class::isInstance).map(Json.Obj.class::cast).toList()
        : List.of();
  }

  /** The members of a member that is an object, in their order. */
  static Map<String, Json> members(Json.Obj object, String name) {
    return object.members().get(name) instanceof Json.Obj(Map<String, Json> members)
        ? members
        : Map.of();
  }

  /** JSON for people: indented. */
  static String pretty(Json json) throws IOException {
    return MAPPER.readTree(json.line()).toPrettyString();
  }
}
