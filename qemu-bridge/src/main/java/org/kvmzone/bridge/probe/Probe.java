package org.kvmzone.bridge.probe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A named, typed point in the code that can be watched while it runs. Defined once, as a {@code
 * static final}, and fired where the thing happens:
 *
 * {@snippet :
 * static final Probe DROP =
 *     Probe.define("vnic", "drop", Arg.string("vnic"), Arg.string("reason"), Arg.bytes("length"));
 * ...
 * DROP.fire(name, "mac-nospoof", length);
 * }
 *
 * <p>At most {@value #MAX_STRINGS} strings come first, then at most {@value #MAX_NUMBERS} numbers.
 * Strings handed to {@code fire} are constants or made when the device was (never per frame or
 * request): a probe that nobody watches costs one load and a branch, and allocates nothing.
 * Arguments that cost something, such as the time, are computed only if {@link #watched()}.
 *
 * <p>Firing a probe with other numbers of arguments than it defines is an {@link AssertionError}
 * when assertions are on, watched or not, so that any test that passes by the point finds it.
 */
public final class Probe {
  /** The most strings that a probe can have. */
  public static final int MAX_STRINGS = 3;

  /** The most numbers that a probe can have. */
  public static final int MAX_NUMBERS = 4;

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");
  private static final boolean CHECKED = Probe.class.desiredAssertionStatus();
  private static final VarHandle FAN;

  static {
    try {
      FAN = MethodHandles.lookup().findVarHandle(Probe.class, "fan", Fan.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String provider;
  private final String name;
  private final List<Arg> args;
  private final int shape;

  /** Null if nobody watches; read opaquely, so that no loop that fires can keep an old value. */
  @SuppressWarnings("UnusedVariable") // by FAN alone
  private @Nullable Fan fan;

  private Probe(String provider, String name, List<Arg> args) {
    this.provider = provider;
    this.name = name;
    this.args = args;
    int strings = (int) args.stream().filter(Arg::isString).count();
    this.shape = shape(strings, args.size() - strings);
    this.fan = settle(new Fan(this, List.of()));
  }

  /**
   * Defines a probe and lists it in {@link Probes}.
   *
   * @param provider what fires, such as {@code vnic}
   * @param name what happened, such as {@code drop} or {@code tx-done}
   * @param args strings first, then numbers
   * @throws IllegalArgumentException if a name is malformed or taken, or the arguments are too many
   *     or out of order
   */
  public static Probe define(String provider, String name, Arg... args) {
    Probe probe = new Probe(provider, name, List.of(args));
    probe.check();
    Probes.add(probe);
    return probe;
  }

  private void check() {
    if (!NAME.matcher(provider).matches() || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("probe name '" + this + "' is not like vnic:tx-done");
    }
    int strings = shape >> 3;
    if (strings > MAX_STRINGS || (shape & 7) > MAX_NUMBERS || args.size() > 7) {
      throw new IllegalArgumentException("probe " + this + " has more than 3 strings or 4 numbers");
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < args.size(); i++) {
      Arg arg = args.get(i);
      if (arg.isString() != i < strings) {
        throw new IllegalArgumentException("probe " + this + " has a string after a number");
      }
      if (!names.add(arg.name())) {
        throw new IllegalArgumentException("probe " + this + " has two arguments " + arg.name());
      }
    }
  }

  /** What fires, such as {@code vnic}. */
  public String provider() {
    return provider;
  }

  /** What happened, such as {@code drop}. */
  public String name() {
    return name;
  }

  /** The arguments: strings first, then numbers. */
  public List<Arg> args() {
    return args;
  }

  /** Whether somebody watches. True arguments of a firing may then be worth computing. */
  public boolean watched() {
    Fan fan = fan();
    return fan != null && !fan.isEmpty();
  }

  /** Hands every firing from now on to {@code watcher}, in addition to others that watch. */
  public synchronized void watch(Watcher watcher) {
    Fan now = fan();
    FAN.setVolatile(this, (now == null ? new Fan(this, List.of()) : now).with(watcher));
  }

  /** Ends {@link #watch}. A firing that is under way on another thread may still be reported. */
  public synchronized void unwatch(Watcher watcher) {
    Fan now = fan();
    if (now != null) {
      FAN.setVolatile(this, settle(now.without(watcher)));
    }
  }

  /** What to keep if {@code fan} watches: with assertions on an empty fan checks the firings. */
  private static @Nullable Fan settle(Fan fan) {
    return fan.isEmpty() && !CHECKED ? null : fan;
  }

  private @Nullable Fan fan() {
    return (Fan) FAN.getOpaque(this);
  }

  /** The numbers of strings and longs in one number, as {@code fire} states them. */
  int shape() {
    return shape;
  }

  private static int shape(int strings, int numbers) {
    return strings << 3 | numbers;
  }

  static String describe(int shape) {
    return (shape >> 3) + " strings and " + (shape & 7) + " numbers";
  }

  /** {@code provider:name}. */
  @Override
  public String toString() {
    return provider + ":" + name;
  }

  /** Fires a probe without arguments. */
  public void fire() {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(0, "", "", "", 0, 0, 0, 0);
    }
  }

  /** Fires a probe of 1 number. */
  public void fire(long n0) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(1, "", "", "", n0, 0, 0, 0);
    }
  }

  /** Fires a probe of 2 numbers. */
  public void fire(long n0, long n1) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(2, "", "", "", n0, n1, 0, 0);
    }
  }

  /** Fires a probe of 3 numbers. */
  public void fire(long n0, long n1, long n2) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(3, "", "", "", n0, n1, n2, 0);
    }
  }

  /** Fires a probe of 4 numbers. */
  public void fire(long n0, long n1, long n2, long n3) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(4, "", "", "", n0, n1, n2, n3);
    }
  }

  /** Fires a probe of 1 string. */
  public void fire(String s0) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(8, s0, "", "", 0, 0, 0, 0);
    }
  }

  /** Fires a probe of 1 string and 1 number. */
  public void fire(String s0, long n0) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(9, s0, "", "", n0, 0, 0, 0);
    }
  }

  /** Fires a probe of 1 string and 2 numbers. */
  public void fire(String s0, long n0, long n1) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(10, s0, "", "", n0, n1, 0, 0);
    }
  }

  /** Fires a probe of 1 string and 3 numbers. */
  public void fire(String s0, long n0, long n1, long n2) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(11, s0, "", "", n0, n1, n2, 0);
    }
  }

  /** Fires a probe of 1 string and 4 numbers. */
  public void fire(String s0, long n0, long n1, long n2, long n3) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(12, s0, "", "", n0, n1, n2, n3);
    }
  }

  /** Fires a probe of 2 strings. */
  public void fire(String s0, String s1) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(16, s0, s1, "", 0, 0, 0, 0);
    }
  }

  /** Fires a probe of 2 strings and 1 number. */
  public void fire(String s0, String s1, long n0) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(17, s0, s1, "", n0, 0, 0, 0);
    }
  }

  /** Fires a probe of 2 strings and 2 numbers. */
  public void fire(String s0, String s1, long n0, long n1) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(18, s0, s1, "", n0, n1, 0, 0);
    }
  }

  /** Fires a probe of 2 strings and 3 numbers. */
  public void fire(String s0, String s1, long n0, long n1, long n2) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(19, s0, s1, "", n0, n1, n2, 0);
    }
  }

  /** Fires a probe of 2 strings and 4 numbers. */
  public void fire(String s0, String s1, long n0, long n1, long n2, long n3) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(20, s0, s1, "", n0, n1, n2, n3);
    }
  }

  /** Fires a probe of 3 strings. */
  public void fire(String s0, String s1, String s2) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(24, s0, s1, s2, 0, 0, 0, 0);
    }
  }

  /** Fires a probe of 3 strings and 1 number. */
  public void fire(String s0, String s1, String s2, long n0) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(25, s0, s1, s2, n0, 0, 0, 0);
    }
  }

  /** Fires a probe of 3 strings and 2 numbers. */
  public void fire(String s0, String s1, String s2, long n0, long n1) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(26, s0, s1, s2, n0, n1, 0, 0);
    }
  }

  /** Fires a probe of 3 strings and 3 numbers. */
  public void fire(String s0, String s1, String s2, long n0, long n1, long n2) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(27, s0, s1, s2, n0, n1, n2, 0);
    }
  }

  /** Fires a probe of 3 strings and 4 numbers. */
  public void fire(String s0, String s1, String s2, long n0, long n1, long n2, long n3) {
    Fan fan = fan();
    if (fan != null) {
      fan.fire(28, s0, s1, s2, n0, n1, n2, n3);
    }
  }
}
