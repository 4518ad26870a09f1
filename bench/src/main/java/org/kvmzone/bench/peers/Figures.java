package org.kvmzone.bench.peers;

import java.util.Locale;

/** Numbers for people. */
final class Figures {
  private Figures() {}

  /** With three digits or four, and k, M or G: {@code 31.2 M}. */
  static String count(double value) {
    if (value >= 1e9) {
      return digits(value / 1e9) + " G";
    }
    if (value >= 1e6) {
      return digits(value / 1e6) + " M";
    }
    return value >= 1e3 ? digits(value / 1e3) + " k" : digits(value);
  }

  /** A ratio, to the hundredth. */
  static String ratio(double value) {
    return String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.2f", value);
  }

  /** Nanoseconds; nothing of NaN. */
  static String nanos(double value) {
    return Double.isNaN(value) ? "" : digits(value);
  }

  private static String digits(double value) {
    return String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
  }
}
