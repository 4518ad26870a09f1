package org.kvmzone.bridge.probe;

import java.math.BigInteger;

/** The functions whose result is one number. Sums wrap around at 64 bits, as D's do. */
enum Scalar implements Function {
  COUNT,
  SUM,
  AVG,
  MIN,
  MAX;

  @Override
  public int cells() {
    return this == AVG ? 2 : 1;
  }

  @Override
  public void start(long[] cells) {
    switch (this) {
      case MIN -> cells[0] = Long.MAX_VALUE;
      case MAX -> cells[0] = Long.MIN_VALUE;
      case COUNT, SUM, AVG -> {}
    }
  }

  @Override
  public void add(long[] cells, long value, long increment) {
    switch (this) {
      case COUNT -> Cells.add(cells, 0, 1);
      case SUM -> Cells.add(cells, 0, value);
      case AVG -> {
        Cells.add(cells, 0, 1);
        Cells.add(cells, 1, value);
      }
      case MIN -> Cells.set(cells, 0, Math.min(value, Cells.read(cells, 0)));
      case MAX -> Cells.set(cells, 0, Math.max(value, Cells.read(cells, 0)));
    }
  }

  @Override
  public void merge(long[] into, long[] from) {
    switch (this) {
      case COUNT, SUM -> into[0] += from[0];
      case AVG -> {
        into[0] += from[0];
        into[1] += from[1];
      }
      case MIN -> into[0] = Math.min(into[0], from[0]);
      case MAX -> into[0] = Math.max(into[0], from[0]);
    }
  }

  /** The result. An average is the sum divided by the count, towards zero. */
  long value(long[] cells) {
    if (this != AVG) {
      return cells[0];
    }
    return cells[0] == 0 ? 0 : cells[1] / cells[0];
  }

  @Override
  public BigInteger weight(long[] cells) {
    return BigInteger.valueOf(value(cells));
  }

  @Override
  public long zeros(long[] cells) {
    return 0;
  }
}
