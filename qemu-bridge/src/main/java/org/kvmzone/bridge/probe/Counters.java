package org.kvmzone.bridge.probe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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
  private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

  private final E[] names;
  private final long[] cells;

  /** All counters of {@code type}, at zero. */
  public Counters(Class<E> type) {
    names = type.getEnumConstants();
    cells = new long[names.length];
  }

  /** Adds to a counter; by the one writer. */
  public void add(E counter, long amount) {
    int i = counter.ordinal();
    CELL.setOpaque(cells, i, (long) CELL.getOpaque(cells, i) + amount);
  }

  /** What a counter stands at. */
  public long value(E counter) {
    return (long) CELL.getOpaque(cells, counter.ordinal());
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
}
