package org.kvmzone.bridge.control;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.text.MessageFormat;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ResourceBundle;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes every {@link Logger} of the JDK write to stderr, one line an event: {@code kvmzone[NAME]:
 * warning: text}. Stack traces are written only when debugging. Found by the JDK through {@code
 * META-INF/services}, so that no class needs more than {@link System#getLogger}.
 */
public final class StderrLoggerFinder extends System.LoggerFinder {
  /** The system property that sets the level: error, warning, info, debug or trace. */
  public static final String LEVEL_PROPERTY = "kvmzone.log.level";

  /** The levels as operators write them. */
  private static final List<String> LEVELS =
      Stream.of(Level.ERROR, Level.WARNING, Level.INFO, Level.DEBUG, Level.TRACE)
          .map(StderrLoggerFinder::word)
          .toList();

  private static volatile Level threshold =
      level(System.getProperty(LEVEL_PROPERTY, "info")).orElse(Level.INFO);
  private static volatile String prefix = "kvmzone: ";

  /** Made by the JDK. */
  public StderrLoggerFinder() {}

  /** Says which process the lines are from. */
  public static void name(String name) {
    prefix = "kvmzone[" + oneLine(name) + "]: ";
  }

  /** Writes events of this level and of those above it. */
  public static void threshold(Level level) {
    threshold = level;
  }

  /** The level that an operator means, if it is one of {@link #levels()}. */
  public static Optional<Level> level(String word) {
    return Arrays.stream(Level.values())
        .filter(level -> LEVELS.contains(word) && word(level).equals(word))
        .findAny();
  }

  /** What operators may write: error, warning, info, debug, trace. */
  public static List<String> levels() {
    return LEVELS;
  }

  private static String word(Level level) {
    return level.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Logger getLogger(String name, Module module) {
    return new StderrLogger(name);
  }

  /** Whatever is in a text, be it from a guest: it cannot begin a line of its own. */
  private static String oneLine(String text) {
    return text.strip().replaceAll("\\R", " ").replaceAll("\\p{Cntrl}", "?");
  }

  static void write(Level level, String text, @Nullable Throwable thrown) {
    StringBuilder lines = new StringBuilder(prefix).append(word(level)).append(": ");
    lines.append(oneLine(thrown == null ? text : text + ": " + reason(thrown)));
    lines.append(System.lineSeparator());
    if (thrown != null && threshold.getSeverity() <= Level.DEBUG.getSeverity()) {
      StringWriter trace = new StringWriter();
      thrown.printStackTrace(new PrintWriter(trace, true));
      lines.append(trace);
    }
    // One call, so that the lines of two threads don't mix.
    System.err.print(lines);
  }

  /** An exception in few words; its class only if it says nothing else, or is a fault of ours. */
  private static String reason(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null || thrown instanceof RuntimeException || thrown instanceof Error
        ? thrown.toString()
        : message;
  }

  private record StderrLogger(String getName) implements Logger {
    @Override
    public boolean isLoggable(Level level) {
      return level != Level.OFF && level.getSeverity() >= threshold.getSeverity();
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String text,
        @Nullable Throwable thrown) {
      if (isLoggable(level)) {
        write(level, String.valueOf(text), thrown);
      }
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String format,
        Object @Nullable ... arguments) {
      if (isLoggable(level)) {
        boolean plain = arguments == null || arguments.length == 0;
        String text = String.valueOf(format);
        write(level, plain ? text : MessageFormat.format(text, arguments), null);
      }
    }
  }
}
