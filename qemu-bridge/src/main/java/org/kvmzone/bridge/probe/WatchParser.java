package org.kvmzone.bridge.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads one {@link Watch}. Every error says in one line what is wrong and what would be right. */
final class WatchParser {
  private static final int MAX_LENGTH = 1000;
  private static final Pattern TOKEN =
      Pattern.compile("(?<word>[A-Za-z_][A-Za-z0-9_-]*)|(?<number>-?[0-9]+)|(?<sign>\\S)");
  private static final List<String> FUNCTIONS =
      Stream.concat(
              Stream.of(Scalar.values()).map(WatchParser::nameOf),
              Stream.of("quantize", "lquantize"))
          .toList();

  private final String text;
  private final Matcher token;
  private boolean atEnd;

  WatchParser(String text) {
    // Controls are as good as blanks, and would break up an error's one line.
    this.text = text.replaceAll("\\p{Cntrl}", " ").strip();
    this.token = TOKEN.matcher(this.text);
  }

  static String nameOf(Scalar scalar) {
    return scalar.name().toLowerCase(Locale.ROOT);
  }

  Watch parse() {
    if (text.length() > MAX_LENGTH) {
      throw new WatchException("watch expression is longer than " + MAX_LENGTH + " characters");
    }
    next();
    Probe probe = probe();
    boolean braces = accept("{");
    expect("@");
    String name = isWord() ? take() : "";
    List<Arg> keys = accept("[") ? keys(probe) : List.of();
    expect("=");
    Watch watch = function(probe, name, keys);
    accept(";");
    if (braces) {
      expect("}");
    }
    if (!atEnd) {
      throw expected("nothing more");
    }
    return watch;
  }

  private Probe probe() {
    String provider = word("a probe, such as vnic:drop");
    expect(":");
    String full = provider + ":" + word("the name of a probe");
    return Probes.find(full)
        .orElseThrow(() -> {
          List<String> known = Probes.all().stream().map(Probe::toString).toList();
          return new WatchException("unknown probe " + full + Nearest.hint(full, known));
        });
  }

  private List<Arg> keys(Probe probe) {
    List<Arg> keys = new ArrayList<>();
    do {
      Arg key = arg(probe);
      if (keys.contains(key)) {
        throw new WatchException("the key has " + key.name() + " twice");
      }
      keys.add(key);
    } while (accept(","));
    expect("]");
    return keys;
  }

  private Arg arg(Probe probe) {
    String name = word("an argument of " + probe);
    List<String> known = probe.args().stream().map(Arg::name).toList();
    return probe.args().stream()
        .filter(arg -> arg.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new WatchException(
                "probe %s has no argument %s%s".formatted(probe, name, hintOrList(name, known))));
  }

  private static String hintOrList(String name, List<String> known) {
    String hint = Nearest.hint(name, known);
    return hint.isEmpty() ? ", it has " + orNone(known) : hint;
  }

  private static String orNone(List<String> known) {
    return known.isEmpty() ? "none" : known.stream().collect(Collectors.joining(", "));
  }

  private Watch function(Probe probe, String name, List<Arg> keys) {
    String function = word("a function, such as count()");
    if (!FUNCTIONS.contains(function)) {
      throw new WatchException("unknown function " + function + hintOrList(function, FUNCTIONS));
    }
    expect("(");
    Optional<Arg> value = Optional.empty();
    Optional<Arg> increment = Optional.empty();
    Function parsed;
    switch (function) {
      case "quantize" -> {
        value = Optional.of(number(probe, function));
        parsed = Quantize.INSTANCE;
        increment = accept(",") ? Optional.of(number(probe, function)) : Optional.empty();
      }
      case "lquantize" -> {
        value = Optional.of(number(probe, function));
        parsed = lquantize();
        increment = accept(",") ? Optional.of(number(probe, function)) : Optional.empty();
      }
      default -> {
        parsed = Scalar.valueOf(function.toUpperCase(Locale.ROOT));
        if (parsed != Scalar.COUNT) {
          value = Optional.of(number(probe, function));
        }
      }
    }
    expect(")");
    return new Watch(probe, name, keys, parsed, value, increment);
  }

  private Arg number(Probe probe, String function) {
    Arg arg = arg(probe);
    if (arg.isString()) {
      throw new WatchException(
          "%s() needs a number, but %s of %s is a string".formatted(function, arg.name(), probe));
    }
    if (arg.unit() == Arg.Unit.ID && (function.equals("sum") || function.equals("avg"))) {
      throw new WatchException(
          "%s() of %s means nothing: it is a name, not an amount".formatted(function, arg.name()));
    }
    return arg;
  }

  private Lquantize lquantize() {
    expect(",");
    long lower = literal("a lower limit");
    expect(",");
    long upper = literal("an upper limit");
    // As in D the step is 1 unless it is given; what follows it may be the increment.
    long step = accept(",") ? literal("a step") : 1;
    return Lquantize.between(lower, upper, step);
  }

  private long literal(String what) {
    if (atEnd || token.group("number") == null) {
      throw expected(what + " (a whole number)");
    }
    String digits = take();
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw new WatchException(digits + " does not fit into 64 bits");
    }
  }

  private String word(String what) {
    if (!isWord()) {
      throw expected(what);
    }
    return take();
  }

  private boolean isWord() {
    return !atEnd && token.group("word") != null;
  }

  private boolean accept(String sign) {
    if (atEnd || !token.group().equals(sign)) {
      return false;
    }
    next();
    return true;
  }

  private void expect(String sign) {
    if (!accept(sign)) {
      throw expected("'" + sign + "'");
    }
  }

  private WatchException expected(String what) {
    String where = atEnd ? "at its end" : "before '%s'".formatted(text.substring(token.start()));
    return new WatchException("watch '%s': expected %s %s".formatted(text, what, where));
  }

  private String take() {
    String word = token.group();
    next();
    return word;
  }

  private void next() {
    atEnd = !token.find();
  }
}
