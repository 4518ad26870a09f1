package org.kvmzone.bridge.probe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys that one thread has seen, with their cells: open addressing with linear probing, at most
 * half full. The owner looks up and inserts without a lock; others read whenever they like.
 */
final class KeyTable {
  private static final VarHandle ENTRIES;
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Entry[].class);

  static {
    try {
      ENTRIES = MethodHandles.lookup().findVarHandle(KeyTable.class, "entries", Entry[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final int FIRST_SIZE = 16;

  /** What a key takes besides its cells: its entry, two to four slots, an array's header. */
  private static final int KEY_LONGS = 16;

  private final Function function;
  private final Budget budget;
  private final Hash hash;

  private @Nullable Entry[] entries = new Entry[FIRST_SIZE];
  private int used;
  private final long[] dropped = new long[1];

  KeyTable(Function function, Budget budget, Hash hash) {
    this.function = function;
    this.budget = budget;
    this.hash = hash;
  }

  /** The cells of a key, or null if it is new and there is no room: that firing is dropped. */
  long @Nullable [] cells(String s0, String s1, String s2, long n0, long n1, long n2, long n3) {
    long key = hash.of(s0, s1, s2, n0, n1, n2, n3);
    @Nullable Entry[] table = entries; // plain: this thread is the only one that writes it
    int mask = table.length - 1;
    for (int i = (int) key & mask; ; i = (i + 1) & mask) {
      Entry entry = table[i];
      if (entry == null) {
        return insert(key, s0, s1, s2, n0, n1, n2, n3);
      }
      if (entry.is(key, s0, s1, s2, n0, n1, n2, n3)) {
        return entry.cells();
      }
    }
  }

  private long @Nullable [] insert(
      long key, String s0, String s1, String s2, long n0, long n1, long n2, long n3) {
    if (!budget.take(cost(function))) {
      Cells.add(dropped, 0, 1);
      return null;
    }
    if (2 * (used + 1) > entries.length) {
      grow();
    }
    used++;
    long[] cells = new long[function.cells()];
    function.start(cells);
    put(entries, new Entry(key, s0, s1, s2, n0, n1, n2, n3, cells));
    return cells;
  }

  /** The memory that a key takes, in longs. */
  static int cost(Function function) {
    return KEY_LONGS + function.cells();
  }

  private void grow() {
    @Nullable Entry[] larger = new Entry[2 * entries.length];
    for (Entry entry : entries) {
      if (entry != null) {
        put(larger, entry);
      }
    }
    ENTRIES.setRelease(this, larger);
  }

  private static void put(@Nullable Entry[] table, Entry entry) {
    int mask = table.length - 1;
    int i = (int) entry.hash() & mask;
    while (table[i] != null) {
      i = (i + 1) & mask;
    }
    // Release: whoever sees the entry sees its cells as start() left them, or later.
    SLOT.setRelease(table, i, entry);
  }

  /** The entries; by any thread. One that is being inserted may be missing. */
  List<Entry> entries() {
    @Nullable Entry[] table = (Entry[]) ENTRIES.getAcquire(this);
    List<Entry> found = new ArrayList<>();
    for (int i = 0; i < table.length; i++) {
      Entry entry = (Entry) SLOT.getAcquire(table, i);
      if (entry != null) {
        found.add(entry);
      }
    }
    return found;
  }

  /** Firings that found no room for their key; by any thread. */
  long dropped() {
    return Cells.read(dropped, 0);
  }
}
