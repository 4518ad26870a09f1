package org.kvmzone.bridge.probe;

import java.math.BigInteger;

/**
 * D's {@code lquantize()}: steps of equal width from {@code base} on, with a bucket for what is
 * below and one for what is above. Where D has 32 and 16 bits for these numbers, here is room for
 * nanoseconds.
 *
 * @param base the least value of the first step
 * @param step the width of a step, at least 1
 * @param levels how many steps, 1 to {@link #MAX_LEVELS}
 */
record Lquantize(long base, long step, int levels) implements Distribution {
  /** As many as a screen can be scrolled through; every key costs 8 bytes for each. */
  static final int MAX_LEVELS = 10_000;

  /**
   * From the arguments as they are written. As in D, a last step that would reach beyond {@code
   * limit} is left out.
   *
   * @throws WatchException if no step fits, or too many
   */
  static Lquantize between(long base, long limit, long step) {
    if (limit <= base || step < 1) {
      throw new WatchException(
          "lquantize() needs a lower limit, a higher one, and a step of at least 1");
    }
    // As unsigned numbers: limit - base can take all 64 bits.
    long levels = Long.divideUnsigned(limit - base, step);
    if (Long.compareUnsigned(levels, MAX_LEVELS) > 0 || levels == 0) {
      throw new WatchException(
          "lquantize() needs 1 to %d steps, here are %s"
              .formatted(MAX_LEVELS, Long.toUnsignedString(levels)));
    }
    return new Lquantize(base, step, (int) levels);
  }

  @Override
  public int cells() {
    return 1 + levels + 1;
  }

  /** One more than the greatest value of the last step; at most the limit, so it cannot wrap. */
  long top() {
    return base + levels * step;
  }

  @Override
  public int bucket(long value) {
    if (value < base) {
      return 0;
    }
    return value >= top() ? levels + 1 : 1 + (int) Long.divideUnsigned(value - base, step);
  }

  @Override
  public long low(int bucket) {
    return bucket == 0 ? Long.MIN_VALUE : base + (bucket - 1) * step;
  }

  @Override
  public long high(int bucket) {
    return bucket > levels ? Long.MAX_VALUE : base + bucket * step - 1;
  }

  @Override
  public String label(int bucket) {
    if (bucket == 0) {
      return "< " + base;
    }
    return bucket > levels ? ">= " + top() : Long.toString(low(bucket));
  }

  @Override
  public BigInteger weight(int bucket) {
    if (bucket == 0) {
      return BigInteger.valueOf(base).subtract(BigInteger.ONE);
    }
    BigInteger low = BigInteger.valueOf(low(bucket));
    return bucket > levels ? low.add(BigInteger.ONE) : low;
  }

  @Override
  public int emptyFrom() {
    return 0;
  }

  @Override
  public int emptyTo() {
    return 2;
  }
}
