package org.kvmzone.packet.testing;

import java.util.SplittableRandom;

/** A seed a test run; {@code -Dseed=N} repeats one. */
public final class Seeds {
  /** To be named in every assertion that depends on it. */
  public static final long SEED = Long.getLong("seed", System.nanoTime());

  private Seeds() {}

  public static SplittableRandom random() {
    return new SplittableRandom(SEED);
  }

  /** Says how to repeat a failure. */
  public static String repeat() {
    return "repeat with -Dseed=" + SEED;
  }
}
