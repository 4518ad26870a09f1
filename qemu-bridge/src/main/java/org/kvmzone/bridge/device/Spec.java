package org.kvmzone.bridge.device;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.probe.Nearest;

/**
 * A device as an operator types it: {@code vnic,id=net0,kind=etherstub,over=stub0,ip=…}. It reads
 * like a QEMU option: a first word, then {@code name=value}, separated by commas; a comma inside a
 * value is doubled. Lists are {@code name.0=…,name.1=…}, values with names of their own {@code
 * name.web=…}, switches {@code on} or {@code off}, sizes take binary suffixes as zfs does ({@code
 * 10G}).
 */
public final class Spec {
  private static final Pattern ID = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,31}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]*");
  private static final String SUFFIXES = "KMGTPE";

  private final String word;
  private final Map<String, String> values;

  private Spec(String word, Map<String, String> values) {
    this.word = word;
    this.values = values;
  }

  /**
   * Reads a SPEC.
   *
   * @throws SpecException if it is no list of name=value after a word, or names something twice
   */
  public static Spec parse(String text) {
    List<String> parts = split(text);
    String word = parts.getFirst();
    if (word.isEmpty() || word.contains("=")) {
      throw new SpecException("\"" + text + "\" has no first word: write vnic,id=… or zvol,id=…");
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (String part : parts.subList(1, parts.size())) {
      int equals = part.indexOf('=');
      if (equals < 0 || !NAME.matcher(part.substring(0, equals)).matches()) {
        throw new SpecException(
            word + ": \"" + part + "\" is no name=value (a comma inside a value is doubled)");
      }
      if (values.put(part.substring(0, equals), part.substring(equals + 1)) != null) {
        throw new SpecException(word + ": " + part.substring(0, equals) + " is given twice");
      }
    }
    return new Spec(word, values);
  }

  /** A SPEC of a word and values, as another notation gives them. */
  public static Spec of(String word, Map<String, String> values) {
    return new Spec(word, new LinkedHashMap<>(values));
  }

  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != ',') {
        part.append(c);
      } else if (i + 1 < text.length() && text.charAt(i + 1) == ',') {
        part.append(',');
        i++;
      } else {
        parts.add(part.toString());
        part.setLength(0);
      }
    }
    parts.add(part.toString());
    return parts;
  }

  /** The first word: which provider it is for. */
  public String word() {
    return word;
  }

  /**
   * The device's name.
   *
   * @throws SpecException if there is none, or it is none
   */
  public String id() {
    return name("id").orElseThrow(() -> new SpecException(word + ": id=NAME is missing"));
  }

  /** A name that the operator makes up: of a device, or of what devices share. */
  public Optional<String> name(String property) {
    return text(property)
        .map(text -> {
          if (!ID.matcher(text).matches()) {
            throw bad(property, text, "a letter, then up to 31 of letters, digits, _ . -");
          }
          return text;
        });
  }

  /** Names and values, in their order. */
  public Map<String, String> values() {
    return Collections.unmodifiableMap(values);
  }

  /** A value as it stands. */
  public Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /**
   * {@code name.0}, {@code name.1}, …; or the single {@code name}.
   *
   * @throws SpecException if both are given, or a number is left out: nothing is ignored silently
   */
  public List<String> list(String name) {
    List<String> list = new ArrayList<>();
    for (int i = 0; values.containsKey(name + "." + i); i++) {
      list.add(values.getOrDefault(name + "." + i, ""));
    }
    Pattern element = Pattern.compile(Pattern.quote(name) + "\\.[0-9]+");
    List<String> given =
        values.keySet().stream().filter(key -> element.matcher(key).matches()).toList();
    if (given.size() != list.size()) {
      throw new SpecException(
          label() + ": " + name + "." + list.size() + " is missing: a list counts from 0, by one");
    }
    if (text(name).isPresent() && !list.isEmpty()) {
      throw new SpecException(label() + ": " + name + " and " + name + ".0: give one of the two");
    }
    return text(name).map(List::of).orElse(list);
  }

  /**
   * All values of {@code name.A}, {@code name.B}, … by the names behind the dot, in their order.
   */
  public Map<String, String> named(String name) {
    Map<String, String> named = new LinkedHashMap<>();
    values.forEach((key, value) -> {
      if (key.startsWith(name + ".")) {
        named.put(key.substring(name.length() + 1), value);
      }
    });
    return named;
  }

  /** A switch. */
  public boolean flag(String name, boolean byDefault) {
    String word = values.getOrDefault(name, byDefault ? "on" : "off");
    return switch (word) {
      case "on" -> true;
      case "off" -> false;
      default -> throw bad(name, word, "on or off");
    };
  }

  /** A whole number between two others, both included. */
  public int number(String name, int least, int most, int byDefault) {
    @Nullable String text = values.get(name);
    if (text == null) {
      return byDefault;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // reported below, as a number out of range is
    }
    throw bad(name, text, "a whole number from " + least + " to " + most);
  }

  /** A size in bytes: a number and one of K M G T P E (binary), an optional B behind. */
  public Optional<Long> size(String name) {
    return text(name)
        .map(text ->
            bytes(text).orElseThrow(() -> bad(name, text, "a size such as 512, 64K or 10G")));
  }

  /** Reads a size as {@link #size} does; nothing if it is none. */
  public static Optional<Long> bytes(String text) {
    String upper = text.toUpperCase(Locale.ROOT);
    String digits = upper.endsWith("B") ? upper.substring(0, upper.length() - 1) : upper;
    int suffix = digits.isEmpty() ? -1 : SUFFIXES.indexOf(digits.charAt(digits.length() - 1));
    int shift = 10 * (suffix + 1);
    String number = suffix < 0 ? digits : digits.substring(0, digits.length() - 1);
    try {
      long value = Long.parseLong(number);
      if (value >= 0 && value <= Long.MAX_VALUE >> shift) {
        return Optional.of(value << shift);
      }
    } catch (NumberFormatException e) {
      // none
    }
    return Optional.empty();
  }

  /** The exception for a value that is none. */
  public SpecException bad(String name, String value, String wanted) {
    return new SpecException(label() + ": " + name + "=" + value + ": must be " + wanted);
  }

  /** How messages name this device: its word and its id. */
  public String label() {
    return word + text("id").map(id -> " " + id).orElse("");
  }

  /**
   * Checks that every name is one of these; a list's ends in {@code .N}, that of values which have
   * names themselves in {@code .NAME}.
   *
   * @throws SpecException naming the nearest
   */
  public void checkNames(List<String> known) {
    for (String name : values.keySet()) {
      String general = name.replaceFirst("\\.[0-9]+$", ".N");
      if (name.endsWith(".N") && known.contains(name)) {
        String list = name.substring(0, name.length() - 1);
        throw new SpecException(
            label() + ": " + name + " stands for " + list + "0, " + list + "1 and so on");
      }
      String named = name.replaceFirst("\\.[A-Za-z][A-Za-z0-9_-]*$", ".NAME");
      if (!known.contains(general)
          && !known.contains(name + ".N")
          && (named.equals(name) || !known.contains(named))) {
        throw new SpecException(
            label() + ": no such property: " + name + Nearest.hint(name, known));
      }
    }
  }

  /** The SPEC as one string again, commas doubled. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(word);
    values.forEach((name, value) ->
        text.append(',').append(name).append('=').append(value.replace(",", ",,")));
    return text.toString();
  }
}
