package org.kvmzone.bridge.control;

import java.time.Duration;
import org.kvmzone.bridge.device.SpecException;

/** How long devices rehearse at most before, or while, the first guest comes. */
public final class WarmUp {
  /** As long as the data path takes to be compiled; they end before if the compiler rests. */
  public static final Duration DEFAULT = Duration.ofSeconds(5);

  private static final int MOST = 10_000;

  private WarmUp() {}

  /**
   * A number of milliseconds, 0 to 10000; 0 is not at all.
   *
   * @throws SpecException if it is none
   */
  public static Duration parse(String text) {
    if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > MOST) {
      throw new SpecException("warm-up=" + text + ": must be 0 to " + MOST + " milliseconds");
    }
    return Duration.ofMillis(Integer.parseInt(text));
  }
}
