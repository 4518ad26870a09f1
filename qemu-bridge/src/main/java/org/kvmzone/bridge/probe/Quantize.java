package org.kvmzone.bridge.probe;

import java.math.BigInteger;

/**
 * D's {@code quantize()}: powers of two on either side of zero. The bucket named 2^k holds 2^k to
 * 2^(k+1)-1; the one named -2^k holds the mirror image, -2^(k+1)+1 to -2^k.
 */
enum Quantize implements Distribution {
  INSTANCE;

  /** 2^62 is the largest name on either side. */
  private static final int POWERS = 63;

  private static final int ZERO = POWERS;

  @Override
  public int cells() {
    return POWERS + 1 + POWERS;
  }

  @Override
  public int bucket(long value) {
    if (value == 0) {
      return ZERO;
    }
    if (value > 0) {
      return ZERO + Long.SIZE - Long.numberOfLeadingZeros(value);
    }
    // -2^63 has no positive counterpart; it belongs to the lowest bucket.
    return Math.max(0, ZERO - Long.SIZE + Long.numberOfLeadingZeros(-value));
  }

  private static long name(int bucket) {
    if (bucket == ZERO) {
      return 0;
    }
    return bucket > ZERO ? 1L << (bucket - ZERO - 1) : -(1L << (ZERO - bucket - 1));
  }

  @Override
  public long low(int bucket) {
    if (bucket >= ZERO) {
      return name(bucket);
    }
    return bucket == 0 ? Long.MIN_VALUE : name(bucket - 1) + 1;
  }

  @Override
  public long high(int bucket) {
    if (bucket <= ZERO) {
      return name(bucket);
    }
    return bucket == cells() - 1 ? Long.MAX_VALUE : name(bucket + 1) - 1;
  }

  @Override
  public String label(int bucket) {
    return Long.toString(name(bucket));
  }

  @Override
  public BigInteger weight(int bucket) {
    return BigInteger.valueOf(name(bucket));
  }

  @Override
  public int emptyFrom() {
    return ZERO - 1;
  }

  @Override
  public int emptyTo() {
    return ZERO + 1;
  }
}
