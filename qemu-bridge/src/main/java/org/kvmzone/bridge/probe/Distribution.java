package org.kvmzone.bridge.probe;

import java.math.BigInteger;

/** The functions whose result is a row of buckets, one cell each, in ascending order. */
sealed interface Distribution extends Function permits Quantize, Lquantize {
  /** The bucket that a value falls into. */
  int bucket(long value);

  /** The least value that falls into a bucket. */
  long low(int bucket);

  /** The greatest value that falls into a bucket. */
  long high(int bucket);

  /** How a bucket is named in print. */
  String label(int bucket);

  /** The value that everything in a bucket counts as when distributions are sorted. */
  BigInteger weight(int bucket);

  /** The first of the rows that are printed when all cells are 0. */
  int emptyFrom();

  /** The last of the rows that are printed when all cells are 0. */
  int emptyTo();

  @Override
  default void start(long[] cells) {}

  @Override
  default void add(long[] cells, long value, long increment) {
    Cells.add(cells, bucket(value), increment);
  }

  @Override
  default void merge(long[] into, long[] from) {
    for (int i = 0; i < into.length; i++) {
      into[i] += from[i];
    }
  }

  @Override
  default BigInteger weight(long[] cells) {
    BigInteger sum = BigInteger.ZERO;
    for (int i = 0; i < cells.length; i++) {
      if (cells[i] != 0) {
        sum = sum.add(weight(i).multiply(BigInteger.valueOf(cells[i])));
      }
    }
    return sum;
  }

  @Override
  default long zeros(long[] cells) {
    for (int i = 0; i < cells.length; i++) {
      if (weight(i).signum() == 0) {
        return cells[i];
      }
    }
    return 0;
  }
}
