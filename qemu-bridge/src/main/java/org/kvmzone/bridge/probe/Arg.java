package org.kvmzone.bridge.probe;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One argument of a {@link Probe}: a name that operators write in watch expressions, and a unit.
 *
 * @param name lower-case letters, digits and {@code _}, beginning with a letter
 * @param unit what the value counts; {@link Unit#TEXT} for strings
 */
public record Arg(String name, Unit unit) {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");

  /** What the value of an argument is. */
  public enum Unit {
    /** A string. */
    TEXT,
    /** A duration. */
    NANOSECONDS,
    /** A length or an offset. */
    BYTES,
    /** A number of things. */
    COUNT,
    /** A number that names something; it can be a key but adding such numbers up means nothing. */
    ID
  }

  public Arg {
    Objects.requireNonNull(unit, "unit");
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("argument name '" + name + "' is not like a_name1");
    }
  }

  /** A string, such as the name of a VNIC or the reason of a drop. */
  public static Arg string(String name) {
    return new Arg(name, Unit.TEXT);
  }

  /** A duration in nanoseconds. */
  public static Arg nanoseconds(String name) {
    return new Arg(name, Unit.NANOSECONDS);
  }

  /** A length or offset in bytes. */
  public static Arg bytes(String name) {
    return new Arg(name, Unit.BYTES);
  }

  /** A number of things. */
  public static Arg count(String name) {
    return new Arg(name, Unit.COUNT);
  }

  /** A number that names something, such as a request or a queue. */
  public static Arg id(String name) {
    return new Arg(name, Unit.ID);
  }

  boolean isString() {
    return unit == Unit.TEXT;
  }
}
