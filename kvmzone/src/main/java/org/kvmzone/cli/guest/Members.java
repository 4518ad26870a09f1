package org.kvmzone.cli.guest;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kvmzone.bridge.probe.Nearest;

/** The members of a JSON object, each of which is known, and of the type that is asked for. */
final class Members {
  private final JsonNode object;
  private final String prefix;

  /**
   * Checks the names of an object's members.
   *
   * @param where what the object is, as {@code nics[0]}; empty for the outermost
   * @param known the names that can be followed
   * @param later the names that vmadm knows, and this version does not follow
   * @throws GuestException if it is no object, or has a member of another name
   */
  Members(JsonNode object, String where, Collection<String> known, Collection<String> later) {
    this.object = object;
    this.prefix = where.isEmpty() ? "" : where + ".";
    if (!object.isObject()) {
      throw new GuestException(
          (where.isEmpty() ? "a guest" : where) + ": must be an object, {…}, not " + shown(object));
    }
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      String name = member.getKey();
      if (later.contains(name)) {
        throw new GuestException(prefix + name + ": not supported by this version: leave it out");
      }
      if (!known.contains(name)) {
        throw new GuestException(prefix + name + ": no such property" + Nearest.hint(name, known));
      }
    }
  }

  boolean has(String name) {
    return object.has(name);
  }

  /** A text. */
  Optional<String> text(String name) {
    return member(name).map(value -> text(value, name));
  }

  private String text(JsonNode value, String name) {
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw bad(name, value, "a text, \"…\"");
    }
    return value.textValue();
  }

  /** A whole number between two others, both included. */
  Optional<Integer> number(String name, int least, int most) {
    return member(name)
        .map(value -> {
          if (!value.isIntegralNumber()
              || !value.canConvertToInt()
              || value.intValue() < least
              || value.intValue() > most) {
            throw bad(name, value, "a whole number from " + least + " to " + most);
          }
          return value.intValue();
        });
  }

  /** A truth value; false if there is none. */
  boolean flag(String name) {
    return member(name)
        .map(value -> {
          if (!value.isBoolean()) {
            throw bad(name, value, "true or false");
          }
          return value.booleanValue();
        })
        .orElse(false);
  }

  /** A list of texts; empty if there is none. */
  List<String> texts(String name) {
    return list(name).stream().map(value -> text(value, name)).toList();
  }

  /** A list; empty if there is none. */
  List<JsonNode> list(String name) {
    List<JsonNode> values = new ArrayList<>();
    member(name)
        .ifPresent(value -> {
          if (!value.isArray()) {
            throw bad(name, value, "a list, […]");
          }
          value.forEach(values::add);
        });
    return values;
  }

  /**
   * A value as a SPEC would have it: a text or number as it is, a truth value as a switch.
   *
   * @throws GuestException if it is neither
   */
  Optional<String> spelled(String name) {
    return member(name).map(value -> spelled(value, name));
  }

  /** A list of such values, or one of them as a list of one. */
  List<String> spelledList(String name) {
    return member(name).map(JsonNode::isArray).orElse(false)
        ? list(name).stream().map(value -> spelled(value, name)).toList()
        : spelled(name).stream().toList();
  }

  /** An object of such values, by their names. */
  Map<String, String> spelledMembers(String name) {
    Map<String, String> values = new LinkedHashMap<>();
    member(name)
        .ifPresent(value -> {
          if (!value.isObject()) {
            throw bad(name, value, "an object, {…}");
          }
          value
              .properties()
              .forEach(each ->
                  values.put(each.getKey(), spelled(each.getValue(), name + "." + each.getKey())));
        });
    return values;
  }

  private String spelled(JsonNode value, String name) {
    if (value.isBoolean()) {
      return value.booleanValue() ? "on" : "off";
    }
    if (!value.isTextual() && !value.isIntegralNumber()) {
      throw bad(name, value, "a text, a whole number, or true or false");
    }
    return value.asText();
  }

  private Optional<JsonNode> member(String name) {
    return Optional.ofNullable(object.get(name));
  }

  /** The exception for a value that is none. */
  GuestException bad(String name, JsonNode value, String wanted) {
    return new GuestException(prefix + name + ": must be " + wanted + ", not " + shown(value));
  }

  /** The exception for a member that cannot be followed for another reason. */
  GuestException wrong(String name, String reason) {
    return new GuestException(prefix + name + ": " + reason);
  }

  private static String shown(JsonNode value) {
    String text = value.toString();
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }
}
