package org.kvmzone.net;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much a VNIC or a flow may send, and receive, in a second: dladm's {@code maxbw}. Counted are
 * Ethernet frames without their check sequence; one that is still to be segmented counts as it is
 * handed over, without the headers that its segments will have.
 *
 * @param bitsPerSecond 0, which lets nothing pass, or {@link #LEAST} to {@link #MOST}
 */
record Bandwidth(long bitsPerSecond) {
  /** 10 kbit/s: a frame each second and a bit. */
  static final long LEAST = 10_000;

  /** 1 Tbit/s: more than any thread gets done. */
  static final long MOST = 1_000_000_000_000L;

  private static final long MEGA = 1_000_000;
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,13})([KMGkmg]?)");

  Bandwidth {
    if (bitsPerSecond != 0 && (bitsPerSecond < LEAST || bitsPerSecond > MOST)) {
      throw new IllegalArgumentException("a bandwidth is 10K to 1000G, that is bits a second");
    }
  }

  /**
   * Reads a bandwidth as dladm does: a whole number of Mbit/s, or with {@code K}, {@code M} or
   * {@code G}, thousands, millions or milliards of bits a second.
   *
   * @throws IllegalArgumentException in one line, if it is none
   */
  static Bandwidth parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no bandwidth: write Mbit/s as a number, or 500K, 100M, 10G");
    }
    long unit =
        switch (matcher.group(2)) {
          case "K", "k" -> 1000;
          case "G", "g" -> 1000 * MEGA;
          default -> MEGA;
        };
    long number = Long.parseLong(matcher.group(1));
    // What is too much stays so, and does not wrap.
    return new Bandwidth(number > MOST / unit ? MOST + 1 : number * unit);
  }

  /** Whether nothing may pass at all. */
  boolean isNone() {
    return bitsPerSecond == 0;
  }

  long bytesPerSecond() {
    return bitsPerSecond / Byte.SIZE;
  }

  /** As it is parsed: in Mbit/s if it is a whole number of them. */
  @Override
  public String toString() {
    return bitsPerSecond % MEGA == 0 ? "" + bitsPerSecond / MEGA : bitsPerSecond / 1000 + "K";
  }
}
