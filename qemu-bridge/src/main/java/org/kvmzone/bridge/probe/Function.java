package org.kvmzone.bridge.probe;

import java.math.BigInteger;

/**
 * An aggregating function of D: how many numbers it keeps for a key, and what a firing does to
 * them. {@link #add} runs on the thread that fired and owns the cells; everything else works on
 * copies.
 */
sealed interface Function permits Scalar, Distribution {
  /** The numbers kept for one key. */
  int cells();

  /** Prepares cells that are all 0 for their first {@link #add}. */
  void start(long[] cells);

  /** Takes a firing in. {@code increment} is what a distribution counts it as. */
  void add(long[] cells, long value, long increment);

  /** Adds what one thread has seen to what others have. */
  void merge(long[] into, long[] from);

  /** What DTrace sorts by first: the value, or for distributions the sum that they stand for. */
  BigInteger weight(long[] cells);

  /** What DTrace sorts by next: for distributions the count of zeros, which weigh nothing. */
  long zeros(long[] cells);
}
