package org.kvmzone.bridge.control;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON value (RFC 8259), as it is sent over control sockets. Small on purpose: this runs inside
 * QEMU, where no JSON library is wanted.
 */
public sealed interface Json {
  /** {@code null}. */
  enum Nothing implements Json {
    NULL
  }

  /** {@code true} or {@code false}. */
  record Bool(boolean value) implements Json {}

  /** A number without fraction or exponent that fits into 64 bits: sent and read exactly. */
  record Whole(long value) implements Json {}

  /** Any other number. */
  record Decimal(double value) implements Json {
    public Decimal {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("JSON has no number " + value);
      }
    }
  }

  /** A string. */
  record Text(String value) implements Json {}

  /** An array. */
  record Arr(List<Json> values) implements Json {
    public Arr {
      values = List.copyOf(values);
    }
  }

  /** An object; its members keep their order. */
  record Obj(Map<String, Json> members) implements Json {
    public Obj {
      members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }
  }

  /** A string. */
  static Json of(String value) {
    return new Text(value);
  }

  /** A whole number. */
  static Json of(long value) {
    return new Whole(value);
  }

  /** A truth value. */
  static Json of(boolean value) {
    return new Bool(value);
  }

  /** An object of strings. */
  public static Obj ofTexts(Map<String, String> texts) {
    Builder builder = object();
    texts.forEach(builder::put);
    return builder.build();
  }

  /** An object of whole numbers. */
  static Obj ofNumbers(Map<String, Long> numbers) {
    Builder builder = object();
    numbers.forEach(builder::put);
    return builder.build();
  }

  /** Begins an object. */
  static Builder object() {
    return new Builder();
  }

  /**
   * Reads one value, and nothing more than white space around it.
   *
   * @throws JsonException if the text is anything else
   */
  static Json parse(String text) {
    return new JsonReader(text).read();
  }

  /** The value in one line, without blanks. */
  default String line() {
    return JsonWriter.line(this);
  }

  /** Builds an object, member by member. */
  final class Builder {
    private final Map<String, Json> members = new LinkedHashMap<>();

    private Builder() {}

    /** Adds or replaces a member. */
    public Builder put(String name, Json value) {
      members.put(name, value);
      return this;
    }

    /** Adds or replaces a string. */
    public Builder put(String name, String value) {
      return put(name, of(value));
    }

    /** Adds or replaces a whole number. */
    public Builder put(String name, long value) {
      return put(name, of(value));
    }

    /** Adds or replaces a truth value. */
    public Builder put(String name, boolean value) {
      return put(name, of(value));
    }

    /** Adds or replaces an array. */
    public Builder put(String name, List<? extends Json> values) {
      return put(name, new Arr(List.copyOf(values)));
    }

    /** The object. */
    public Obj build() {
      return new Obj(members);
    }
  }
}
