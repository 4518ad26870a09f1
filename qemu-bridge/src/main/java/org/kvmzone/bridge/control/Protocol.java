package org.kvmzone.bridge.control;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.kvmzone.bridge.probe.Nearest;

/**
 * The form of what goes over a control socket: one JSON object a line, in UTF-8.
 *
 * <pre>{@code
 * → {"v":1,"id":7,"command":"stats","device":"net0"}
 * ← {"v":1,"id":7,"ok":true,…}  or  {"v":1,"id":7,"ok":false,"error":"one line"}
 * }</pre>
 *
 * <p>The id, a string or a whole number, comes back as it was sent; it is null in the reply to a
 * line in which none could be found. A request's members are all known or it is refused.
 */
final class Protocol {
  static final int VERSION = 1;

  /** The longest request, in bytes. */
  static final int MAX_REQUEST = 64 << 10;

  /** The longest reply, in bytes: the largest aggregation that can be watched, printed. */
  static final int MAX_REPLY = 64 << 20;

  private static final Set<String> REQUEST_ENVELOPE = Set.of("v", "id", "command");
  private static final Set<String> REPLY_ENVELOPE = Set.of("v", "id", "ok", "error");
  private static final int MAX_QUOTED = 80;

  private Protocol() {}

  /** Why a line is not a request: what to answer, and to which id. */
  static final class Refusal extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Json id;
    private final String line;

    Refusal(Json id, String line) {
      super(line);
      this.id = id;
      this.line = line;
    }

    ByteBuffer reply() {
      return failure(id, line);
    }
  }

  /**
   * Reads a request.
   *
   * @param commands those that are answered
   * @throws Refusal if it is none, or not one of these
   */
  static Request request(byte[] line, Map<String, Command> commands, Belongings belongings)
      throws Refusal {
    Json.Obj object = object(line);
    Map<String, Json> members = object.members();
    Json id = members.getOrDefault("id", Json.Nothing.NULL);
    if (!(id instanceof Json.Text || id instanceof Json.Whole)) {
      throw new Refusal(Json.Nothing.NULL, "id must be a string or a whole number");
    }
    Json version = members.getOrDefault("v", Json.Nothing.NULL);
    if (!version.equals(Json.of(VERSION))) {
      throw new Refusal(
          id, "v is " + cut(version.line()) + ", this process speaks version " + VERSION);
    }
    if (!(members.get("command") instanceof Json.Text(String command))) {
      throw new Refusal(id, "command must be a string");
    }
    Command known = commands.get(command);
    if (known == null) {
      throw new Refusal(id, "unknown command " + hinted(command, commands.keySet()));
    }
    for (String name : members.keySet()) {
      if (!REQUEST_ENVELOPE.contains(name) && !known.members().contains(name)) {
        throw new Refusal(id, command + " has no member " + hinted(name, known.members()));
      }
    }
    return new Request(id, command, known.handler(), object, belongings);
  }

  private static Json.Obj object(byte[] line) throws Refusal {
    try {
      if (Json.parse(text(line)) instanceof Json.Obj object) {
        return object;
      }
      throw new Refusal(Json.Nothing.NULL, "a request is a JSON object");
    } catch (JsonException e) {
      throw new Refusal(Json.Nothing.NULL, String.valueOf(e.getMessage()));
    }
  }

  /** Decodes strictly: bytes that are not UTF-8 must not come to mean something else. */
  static String text(byte[] line) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      throw new JsonException("not JSON: not UTF-8");
    }
  }

  private static String hinted(String name, Collection<String> known) {
    return cut(Json.of(name).line()) + Nearest.hint(cut(name), known);
  }

  private static String cut(String text) {
    return text.length() <= MAX_QUOTED ? text : text.substring(0, MAX_QUOTED) + "…";
  }

  static ByteBuffer success(Json id, Json.Obj members) {
    Json.Builder reply = Json.object().put("v", VERSION).put("id", id).put("ok", true);
    members
        .members()
        .forEach((name, value) -> {
          if (REPLY_ENVELOPE.contains(name)) {
            throw new IllegalArgumentException("a reply has a " + name + " of its own");
          }
          reply.put(name, value);
        });
    return encode(reply.build());
  }

  static ByteBuffer failure(Json id, String line) {
    return encode(
        Json.object()
            .put("v", VERSION)
            .put("id", id)
            .put("ok", false)
            .put("error", line.replaceAll("\\R+", " "))
            .build());
  }

  static ByteBuffer encode(Json.Obj object) {
    return ByteBuffer.wrap((object.line() + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
