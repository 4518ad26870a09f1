package org.kvmzone.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.kvmzone.packet.MacAddress;

/**
 * What a switch has learned: the port behind which a MAC address was last seen. A fixed number of
 * cells, eight to a bucket; any thread reads and writes, none waits. An address that finds its
 * bucket full of others is not learned, and frames to it are flooded; one port holds a limited
 * share, so that a guest that makes up addresses does not drive out the others'.
 */
final class MacTable {
  static final int PER_PORT = 1024;

  /** IEEE 802.1Q §8.8.3: the recommended age at which an address is forgotten. */
  static final int AGEING_SECONDS = 300;

  private static final int BUCKETS = 1024;
  private static final int WAYS = 8;
  private static final int PORT_SHIFT = 48;
  private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle SEEN = MethodHandles.arrayElementVarHandle(int[].class);
  private static final VarHandle EXPIRED;

  static {
    try {
      EXPIRED = MethodHandles.lookup().findVarHandle(MacTable.class, "expired", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  /** The port above, the address below; 0 is empty. */
  private final long[] cells = new long[BUCKETS * WAYS];

  /** When each address was last seen, in seconds of the caller's clock. */
  private final int[] seen = new int[BUCKETS * WAYS];

  private final AtomicIntegerArray shares;

  @SuppressWarnings("UnusedVariable") // by EXPIRED alone
  private int expired; // when old addresses were last looked for

  /** An empty table for ports below {@code ports}, which is at most 65536. */
  MacTable(int ports) {
    shares = new AtomicIntegerArray(ports);
  }

  /** The port behind which a station was seen, or -1. */
  int find(long address, int now) {
    int first = bucket(address);
    for (int i = first; i < first + WAYS; i++) {
      long cell = (long) CELL.getOpaque(cells, i);
      if (address(cell) == address && cell != 0) {
        return isOld(i, now) ? -1 : port(cell);
      }
    }
    return -1;
  }

  /** A frame from {@code address} came in at {@code port}. */
  void learn(long address, int port, int now) {
    if (!MacAddress.isStation(address)) {
      return;
    }
    long wanted = (long) port << PORT_SHIFT | address;
    int first = bucket(address);
    int free = -1;
    long freed = 0;
    for (int i = first; i < first + WAYS; i++) {
      long cell = (long) CELL.getOpaque(cells, i);
      if (cell == wanted) {
        if ((int) SEEN.getOpaque(seen, i) != now) { // once a second: others read this line
          SEEN.setOpaque(seen, i, now);
        }
        return;
      }
      if (cell != 0 && address(cell) == address) {
        replace(i, cell, wanted, now); // the station has moved
        return;
      }
      if (free < 0 && (cell == 0 || isOld(i, now))) {
        free = i;
        freed = cell;
      }
    }
    if (free >= 0) {
      replace(free, freed, wanted, now);
    }
  }

  private void replace(int index, long old, long wanted, int now) {
    int port = port(wanted);
    long found = old;
    if (shares.get(port) >= PER_PORT) {
      if (!expire(now) || shares.get(port) >= PER_PORT) {
        return;
      }
      found = isOld(index, now) ? 0 : old; // what was old has just been forgotten
    }
    SEEN.setOpaque(seen, index, now);
    // Who loses to another thread learns from the next frame.
    if (CELL.compareAndSet(cells, index, found, wanted)) {
      shares.incrementAndGet(port);
      if (found != 0) {
        shares.decrementAndGet(port(found));
      }
    }
  }

  /** Forgets what is old, once a second at most; returns whether it looked. */
  private boolean expire(int now) {
    int last = (int) EXPIRED.getOpaque(this);
    if (last == now || !EXPIRED.compareAndSet(this, last, now)) {
      return false;
    }
    for (int i = 0; i < cells.length; i++) {
      long cell = (long) CELL.getOpaque(cells, i);
      if (cell != 0 && isOld(i, now)) {
        empty(i, cell);
      }
    }
    return true;
  }

  private void empty(int index, long cell) {
    if (CELL.compareAndSet(cells, index, cell, 0L)) {
      shares.decrementAndGet(port(cell));
    }
  }

  /** Forgets all addresses behind a port that is gone. */
  void forget(int port) {
    for (int i = 0; i < cells.length; i++) {
      long cell = (long) CELL.getOpaque(cells, i);
      if (cell != 0 && port(cell) == port) {
        empty(i, cell);
      }
    }
  }

  /** How many addresses are known behind a port, old ones included. */
  int share(int port) {
    return shares.get(port);
  }

  private boolean isOld(int index, int now) {
    return now - (int) SEEN.getOpaque(seen, index) > AGEING_SECONDS;
  }

  private static int bucket(long address) {
    // Fibonacci hashing: the upper bits of the product depend on all bits of the address.
    return (int) ((address * 0x9E37_79B9_7F4A_7C15L) >>> 54) * WAYS;
  }

  private static int port(long cell) {
    return (int) (cell >>> PORT_SHIFT);
  }

  private static long address(long cell) {
    return cell & MacAddress.BROADCAST;
  }
}
