package org.kvmzone.cli.volume;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * How far something is that takes a while: bytes, rate, time left, on one line of a terminal that
 * is written anew twice a second. Without a terminal it says nothing.
 */
public final class Progress implements AutoCloseable {
  private static final long EACH_NANOS = 500_000_000;
  private static final String UNITS = "BKMGTPE";

  private final PrintWriter terminal;
  private final String what;
  private final OptionalLong total;
  private final LongSupplier clock;
  private final long begun;
  private long shown;
  private int width;

  /**
   * Begins.
   *
   * @param terminal where to; nothing is written that is not due
   * @param what the line begins with
   * @param total how many bytes there will be, about
   * @param clock nanoseconds
   */
  Progress(PrintWriter terminal, String what, OptionalLong total, LongSupplier clock) {
    this.terminal = terminal;
    this.what = what;
    this.total = total;
    this.clock = clock;
    begun = clock.getAsLong();
    shown = begun;
  }

  /** Begins, with the system's clock. */
  public static Progress on(PrintWriter terminal, String what, OptionalLong total) {
    return new Progress(terminal, what, total, System::nanoTime);
  }

  /** So many bytes are done. */
  public synchronized void at(long bytes) {
    long now = clock.getAsLong();
    if (now - shown >= EACH_NANOS) {
      shown = now;
      show(line(bytes, now - begun));
    }
  }

  private String line(long bytes, long nanos) {
    long rate = (long) (bytes / (nanos / 1e9));
    StringBuilder line = new StringBuilder(what + ": " + size(bytes));
    total.ifPresent(all -> line.append(" of ").append(size(all)));
    line.append(", ").append(size(rate)).append("/s");
    if (total.isPresent() && rate > 0 && total.getAsLong() > bytes) {
      long left = (total.getAsLong() - bytes) / rate;
      line.append(String.format(Locale.ROOT, ", %d:%02d left", left / 60, left % 60));
    }
    return line.toString();
  }

  private void show(String line) {
    terminal.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
    terminal.flush();
    width = line.length();
  }

  /** Takes the line away. */
  @Override
  public synchronized void close() {
    if (width > 0) {
      show("");
      terminal.print("\r");
      terminal.flush();
    }
  }

  /** A number of bytes as zfs(8) shows it: three digits and a binary unit. */
  static String size(long bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1024 && unit < UNITS.length() - 1) {
      value /= 1024;
      unit++;
    }
    String format = unit == 0 || value >= 100 ? "%.0f%c" : value >= 10 ? "%.1f%c" : "%.2f%c";
    return String.format(Locale.ROOT, format, value, UNITS.charAt(unit));
  }
}
