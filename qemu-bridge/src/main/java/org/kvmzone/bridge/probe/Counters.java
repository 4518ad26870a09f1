package org.kvmzone.bridge.probe;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counters of one thing, indexed by an enum. One writer at a time (a queue's owner), any number of
 * readers, who see every counter whole and soon, but not all at one moment.
 *
 * @param <E> the enum that names them
 */
public final class Counters<E extends Enum<E> & Counter> {
  /** Two cache lines on either side, so that no two writers share one (lines come in pairs). */
  private static final int PADDING = 16;

  private final E[] names;
  private final long[] cells;

  /** All counters of {@code type}, at zero. */
  public Counters(Class<E> type) {
    names = type.getEnumConstants();
    cells = new long[PADDING + names.length + PADDING];
  }

  /** Adds one to a counter; by the one writer. */
  public void increment(E counter) {
    add(counter, 1);
  }

  /** Adds to a counter; by the one writer. */
  public void add(E counter, long amount) {
    Cells.add(cells, index(counter), amount);
  }

  /** What a counter stands at. */
  public long value(E counter) {
    return Cells.read(cells, index(counter));
  }

  /** Adds all counters up by name, in the enum's order; of several queues, of several devices. */
  public void addTo(Map<String, Long> sums) {
    for (E name : names) {
      sums.merge(name.kstat(), value(name), Long::sum);
    }
  }

  /** The sums of several sets, by name, in the enum's order. */
  public static <E extends Enum<E> & Counter> Map<String, Long> sum(
      Collection<Counters<E>> several) {
    Map<String, Long> sums = new LinkedHashMap<>();
    List.copyOf(several).forEach(one -> one.addTo(sums));
    return sums;
  }

  @SuppressWarnings("EnumOrdinal") // an index into memory that dies with this object
  private int index(E counter) {
    return PADDING + counter.ordinal();
  }
}
