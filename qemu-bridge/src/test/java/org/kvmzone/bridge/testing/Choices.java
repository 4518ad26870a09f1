package org.kvmzone.bridge.testing;

import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * What a generator decides, byte by byte: by dice, or by what a fuzzer makes up. Generators ask
 * {@link #rarely} whether to break a rule, so that most of what they make is honest and reaches the
 * code behind the checks; an input that is at its end decides for the honest and the first.
 */
public final class Choices {
  private static final int RARELY = 0x3f; // one in 64

  private final IntSupplier bytes;

  private Choices(IntSupplier bytes) {
    this.bytes = bytes;
  }

  /** Choices by dice, without an end. */
  public static Choices dice(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new Choices(() -> random.nextInt(256));
  }

  /** The choices of an input. */
  public static Choices of(byte[] input) {
    int[] next = new int[1];
    return new Choices(() -> next[0] < input.length ? input[next[0]++] & 0xff : 0);
  }

  /**
   * Runs a target on seeded inputs; what it throws is thrown with the seed that repeats it, as
   * {@code -Dkvmzone.seed=N -Dkvmzone.inputs=1}.
   *
   * @param inputs how many, unless {@code kvmzone.inputs} says
   */
  public static void repeat(int inputs, Consumer<Choices> target) {
    long first = Long.getLong("kvmzone.seed", System.nanoTime());
    int count = Integer.getInteger("kvmzone.inputs", inputs);
    for (long seed = first; seed < first + count; seed++) {
      try {
        target.accept(dice(seed));
      } catch (RuntimeException | Error failure) {
        throw new AssertionError("seed " + seed + ": " + failure.getMessage(), failure);
      }
    }
  }

  /** Whether to break a rule: once in a while. */
  public boolean rarely() {
    return (bytes.getAsInt() & RARELY) == RARELY;
  }

  /** Yes or no. */
  public boolean either() {
    return (bytes.getAsInt() & 1) != 0;
  }

  /** A number from 0 to {@code bound} - 1. */
  public int below(int bound) {
    int value = bytes.getAsInt();
    for (int reach = 256; reach < bound; reach *= 256) {
      value = (value << 8) | bytes.getAsInt();
    }
    return Math.floorMod(value, bound);
  }

  /** Any number. */
  public long number() {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      value = (value << 8) | bytes.getAsInt();
    }
    return value;
  }

  /** Any number, mostly one of those at which code goes wrong. */
  public long edge() {
    long small = below(9) - 4L;
    return switch (below(8)) {
      case 0 -> number();
      case 1 -> Long.MIN_VALUE + small;
      case 2 -> Integer.MIN_VALUE + small;
      case 3 -> (1L << 32) + small;
      case 4 -> (1L << below(64)) + small;
      case 5 -> 0x1_0000 + small;
      default -> small;
    };
  }

  /** These bytes with some of them changed. */
  public byte[] spoil(byte[] honest) {
    byte[] spoiled = honest.clone();
    for (int i = 1 + below(3); i > 0 && spoiled.length > 0; i--) {
      spoiled[below(spoiled.length)] = (byte) bytes.getAsInt();
    }
    return spoiled;
  }
}
