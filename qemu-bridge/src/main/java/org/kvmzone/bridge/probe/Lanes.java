package org.kvmzone.bridge.probe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link KeyTable} for every thread that fires, found without a lock. The set of lanes is
 * immutable and replaced as a whole when a thread fires for the first time.
 */
final class Lanes {
  private static final VarHandle LANES;

  static {
    try {
      LANES = MethodHandles.lookup().findVarHandle(Lanes.class, "lanes", Lane[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private record Lane(Thread owner, KeyTable table) {}

  private final Supplier<KeyTable> tables;

  /** By thread id, open addressing, at most half full. */
  @SuppressWarnings("UnusedVariable") // by LANES alone
  private @Nullable Lane[] lanes = new Lane[4];

  Lanes(Supplier<KeyTable> tables) {
    this.tables = tables;
  }

  /** The table of the thread that calls. */
  @SuppressWarnings("ReferenceEquality") // threads are compared as what they are
  KeyTable mine() {
    Thread me = Thread.currentThread();
    @Nullable Lane[] now = (Lane[]) LANES.getAcquire(this);
    int mask = now.length - 1;
    for (int i = (int) me.threadId() & mask; ; i = (i + 1) & mask) {
      Lane lane = now[i];
      if (lane == null) {
        return enter(me);
      }
      if (lane.owner == me) {
        return lane.table;
      }
    }
  }

  /**
   * Gives a thread its table: that of a thread that has ended, if there is one, so that threads
   * coming and going (a guest that reboots every minute) don't add up. All that a thread did
   * happened before it is seen not to be alive (JLS 17.4.5), so the heir may write on.
   */
  private KeyTable enter(Thread me) {
    while (true) {
      @Nullable Lane[] now = (Lane[]) LANES.getAcquire(this);
      List<Lane> next = new ArrayList<>();
      KeyTable mine = null;
      for (Lane lane : now) {
        if (lane == null) {
          continue;
        }
        if (mine == null && !lane.owner.isAlive()) {
          mine = lane.table;
        } else {
          next.add(lane);
        }
      }
      if (mine == null) {
        mine = tables.get();
      }
      next.add(new Lane(me, mine));
      if (LANES.compareAndSet(this, now, spread(next, now.length))) {
        return mine;
      }
    }
  }

  private static @Nullable Lane[] spread(List<Lane> lanes, int size) {
    @Nullable Lane[] spread = new Lane[2 * lanes.size() > size ? 2 * size : size];
    int mask = spread.length - 1;
    for (Lane lane : lanes) {
      int i = (int) lane.owner.threadId() & mask;
      while (spread[i] != null) {
        i = (i + 1) & mask;
      }
      spread[i] = lane;
    }
    return spread;
  }

  /** The tables of all threads; by any thread. */
  List<KeyTable> all() {
    List<KeyTable> tables = new ArrayList<>();
    for (Lane lane : (@Nullable Lane[]) LANES.getAcquire(this)) {
      if (lane != null) {
        tables.add(lane.table);
      }
    }
    return tables;
  }
}
