package org.kvmzone.bridge.probe;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What an operator wants to know about a probe, written as in D:
 *
 * <pre>{@code
 * vnic:drop @drops[vnic, reason] = count()
 * zvol:done @latency[disk, op] = quantize(latency)
 * zvol:done @[disk] = lquantize(latency, 0, 1000000, 10000)
 * }</pre>
 *
 * <p>The functions are {@code count() sum(x) avg(x) min(x) max(x) quantize(x[, increment])
 * lquantize(x, lower, upper[, step[, increment]])}, where {@code x} and {@code increment} are
 * arguments of the probe. The name after {@code @} and the key may be missing. D's braces and
 * semicolon are understood.
 */
public final class Watch {
  private final Probe probe;
  private final String name;
  private final List<Arg> keys;
  private final Function function;
  private final Optional<Arg> value;
  private final Optional<Arg> increment;

  Watch(
      Probe probe,
      String name,
      List<Arg> keys,
      Function function,
      Optional<Arg> value,
      Optional<Arg> increment) {
    this.probe = probe;
    this.name = name;
    this.keys = List.copyOf(keys);
    this.function = function;
    this.value = value;
    this.increment = increment;
  }

  /**
   * Reads an expression.
   *
   * @throws WatchException if it is malformed or names what does not exist
   */
  public static Watch parse(String expression) {
    return new WatchParser(expression).parse();
  }

  /** Begins to watch. */
  public Aggregation start() {
    return Aggregation.start(this);
  }

  /** What is watched. */
  public Probe probe() {
    return probe;
  }

  /** The name after {@code @}; may be empty. */
  public String name() {
    return name;
  }

  /** The arguments that make up the key, in the order in which they were written. */
  public List<Arg> keys() {
    return keys;
  }

  /** The argument that is aggregated; empty for {@code count()}. */
  public Optional<Arg> value() {
    return value;
  }

  Function function() {
    return function;
  }

  Optional<Arg> increment() {
    return increment;
  }

  /** The expression, written in one way whatever way it was read in. */
  @Override
  public String toString() {
    String key =
        keys.isEmpty()
            ? ""
            : keys.stream().map(Arg::name).collect(Collectors.joining(", ", "[", "]"));
    return probe + " @" + name + key + " = " + call();
  }

  private String call() {
    String of = value.map(Arg::name).orElse("");
    String by = increment.map(arg -> ", " + arg.name()).orElse("");
    return switch (function) {
      case Scalar scalar -> WatchParser.nameOf(scalar) + "(" + of + ")";
      case Quantize quantize -> "quantize(" + of + by + ")";
      case Lquantize l ->
          "lquantize(%s, %d, %d, %d%s)".formatted(of, l.base(), l.top(), l.step(), by);
    };
  }
}
