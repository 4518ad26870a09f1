package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/**
 * What a back end leaves to its successor about one packed ring: the chains that it took and did
 * not give back. Their descriptors are in it too, because a chain that completes is written over
 * one that was taken before (vhost-user, "Inflight I/O tracking").
 *
 * <pre>
 *  0 features (8)   8 version   10 entries   12 free_head   14 old_free_head
 * 16 used_idx   18 old_used_idx   20 used_wrap_counter (1)   21 old_used_wrap_counter (1)
 * 32 for each entry: inflight (1), unused (1), next (2), last (2), num (2), counter (8),
 *    id (2), flags (2), len (4), addr (8)
 * </pre>
 *
 * <p>Free entries are a list. A chain takes as many from its front as it has descriptors, keeps
 * their links, and is put back in front of it. While one is given back, the old values tell how it
 * was before; whether they hold is seen in the ring. Both heads are stored at once, and so are both
 * places: this back end may die between any two stores. It only writes the area; its successor
 * reads it once, by {@link PackedRecovery}.
 */
final class PackedInflight {
  static final int VERSION = 1;
  static final long VERSION_AT = 8;
  static final long ENTRIES_AT = 10;
  static final long HEADS_AT = 12;
  static final long PLACES_AT = 16;
  static final int HEADER = 32;
  static final int ENTRY = 32;
  static final long NEXT = 2;
  static final long LAST = 4;
  static final long NUMBER = 6;
  static final long COUNTER = 8;
  static final long ID = 16; // and flags and length
  static final long ADDRESS = 24;

  private final MemorySegment area;
  private final Runnable fence;
  private final int[] next; // of each entry
  private final int[] lastOf; // of the chain that begins in each entry
  private final int[] numberOf;
  private final int[] entryOf; // where the chain by each id begins
  private final int[] finished; // ids that were given back and not published
  private final int[] written;
  private int finishedFrom;
  private int finishedTo;
  private int free;
  private int place; // of the next used descriptor, as it is written in 16 bits
  private long counter;

  /** An area of which nothing is known yet, that is either in flight or free. */
  PackedInflight(MemorySegment area, int size, int place, long counter, Runnable fence) {
    this.area = area;
    this.fence = fence;
    this.place = place;
    this.counter = counter;
    free = size; // none
    next = new int[size];
    lastOf = new int[size];
    numberOf = new int[size];
    entryOf = new int[size];
    finished = new int[size];
    written = new int[size];
  }

  /** A chain of the predecessor's, entry by entry. */
  void adopt(int id, int[] entries) {
    for (int i = 1; i < entries.length; i++) {
      next[entries[i - 1]] = entries[i];
    }
    note(id, entries[0], entries[entries.length - 1], entries.length);
  }

  private void note(int id, int head, int last, int number) {
    entryOf[id] = head;
    lastOf[head] = last;
    numberOf[head] = number;
  }

  /** Makes an entry the first of the free ones. */
  void release(int entry) {
    link(entry, free);
    free = entry;
  }

  /** The area is as it should be. */
  void settle() {
    fence.run();
    heads(free, free);
    fence.run();
    places(place, place);
  }

  /** A chain is taken: its descriptors are those that were read last. */
  void take(int id, PackedChainReader read) {
    int head = free;
    int last = head;
    for (int i = 0; i < read.slots(); i++) {
      last = free;
      // Length, id and flags in the ring's order; here the length is behind the others.
      area.set(JAVA_LONG, at(last) + ID, Long.rotateLeft(read.rest(i), 32));
      area.set(JAVA_LONG, at(last) + ADDRESS, read.address(i));
      free = next[last];
    }
    note(id, head, last, read.slots());
    area.set(JAVA_SHORT, at(head) + LAST, (short) last);
    area.set(JAVA_SHORT, at(head) + NUMBER, (short) read.slots());
    area.set(JAVA_LONG, at(head) + COUNTER, counter++);
    mark(head, true);
    fence.run();
    heads(free, free); // until here it is a free entry, and its mark means nothing
  }

  /** A chain is available again. */
  void undo(int id) {
    int head = entryOf[id];
    link(lastOf[head], free);
    free = head;
    fence.run();
    heads(free, free);
    fence.run();
    mark(head, false);
  }

  /** A chain is to be given back when the batch is published. */
  void finish(int id, int bytes) {
    finished[finishedTo] = id;
    written[finishedTo++] = bytes;
  }

  /** Whether a chain is left to be given back; if so, {@link #id} and {@link #bytes} are its. */
  boolean hasFinished() {
    if (finishedFrom < finishedTo) {
      return true;
    }
    finishedFrom = 0;
    finishedTo = 0;
    return false;
  }

  int id() {
    return finished[finishedFrom];
  }

  int bytes() {
    return written[finishedFrom];
  }

  /** The driver is about to see that chain; the one after it will be seen at another place. */
  void giveBack(int nextPlace) {
    int head = entryOf[id()];
    fence.run(); // the places of the chain before hold: they say which head counts
    link(lastOf[head], free);
    heads(head, free);
    places(nextPlace, place);
    free = head;
    place = nextPlace;
    fence.run();
  }

  /** The driver sees it. */
  void gaveBack() {
    fence.run();
    mark(free, false);
    heads(free, free);
    fence.run();
    places(place, place);
    finishedFrom++;
  }

  private void link(int entry, int to) {
    next[entry] = to;
    area.set(JAVA_SHORT, at(entry) + NEXT, (short) to);
  }

  private void mark(int entry, boolean inFlight) {
    area.set(JAVA_BYTE, at(entry), (byte) (inFlight ? 1 : 0));
  }

  private void heads(int now, int old) {
    area.set(JAVA_INT, HEADS_AT, now | old << 16);
  }

  private void places(int now, int old) {
    area.set(JAVA_LONG, PLACES_AT, word(now, old));
  }

  /** Two slots, then their two wrap counters. */
  static long word(int now, int old) {
    long slots = (now & 0x7fff) | (long) (old & 0x7fff) << 16;
    return slots | (long) (now >>> 15) << 32 | (long) (old >>> 15) << 40;
  }

  static long at(int entry) {
    return HEADER + (long) ENTRY * entry;
  }
}
