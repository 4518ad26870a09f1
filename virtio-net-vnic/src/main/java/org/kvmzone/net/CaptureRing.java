package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.kvmzone.bridge.memory.Pages;

/**
 * Records of frames on their way from whoever saw them to one reader: a bounded queue for many
 * writers, in which nobody waits for anybody. Who wants to write claims a place by moving the tail,
 * fills it, and says then how long it is; a length of 0 is that of a place that is not filled yet.
 * The reader sets to zero what it has read, and moves the head.
 *
 * <p>A record begins at a multiple of 8 and is in one piece: at the end of the ring, what is too
 * short for it is skipped.
 */
final class CaptureRing {
  /** Bytes before those of a frame. */
  static final int HEADER = 32;

  private static final int ALIGNMENT = 8;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final VarHandle LENGTH = INT.varHandle();
  private static final VarHandle TAIL;
  private static final VarHandle HEAD;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TAIL = lookup.findVarHandle(CaptureRing.class, "tail", long.class);
      HEAD = lookup.findVarHandle(CaptureRing.class, "head", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final MemorySegment memory;
  private final long size;

  @SuppressWarnings("UnusedVariable") // by TAIL alone
  private long tail; // where the next record is claimed

  @SuppressWarnings("UnusedVariable") // by HEAD alone
  private long head; // where the oldest record is

  private long reading; // the reader's own head

  /**
   * An empty ring.
   *
   * @param size bytes, a power of two
   */
  CaptureRing(long size) {
    this.size = size;
    // Not closed by hand: a writer may be late.
    memory = Pages.allocate(size, Arena.ofAuto());
  }

  /**
   * Claims a place for a record; by any thread, which has to {@link #commit} or {@link #abandon}
   * it.
   *
   * @param bytes besides the header; with it at most half of the ring, for which an empty one has
   *     room wherever it is
   * @return where in {@link #memory} its header is, or -1 if there is no room
   */
  long claim(int bytes) {
    long need = aligned(bytes);
    while (true) {
      long at = (long) TAIL.getVolatile(this);
      long left = size - place(at);
      long skip = need > left ? left : 0;
      if (at + skip + need - (long) HEAD.getAcquire(this) > size) {
        return -1;
      }
      if (TAIL.compareAndSet(this, at, at + skip + need)) {
        if (skip > 0) {
          publish(place(at), -skip);
        }
        return place(at + skip);
      }
    }
  }

  private long place(long position) {
    return position & (size - 1);
  }

  private static long aligned(int bytes) {
    return ((long) HEADER + bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** The record that was claimed there, of so many bytes besides the header, can be read. */
  void commit(long place, int bytes) {
    publish(place, aligned(bytes));
  }

  /** What was claimed there has become no record. */
  void abandon(long place, int bytes) {
    publish(place, -aligned(bytes));
  }

  private void publish(long place, long length) {
    // Release: what the reader finds behind the length was written before it.
    LENGTH.setRelease(memory, place, (int) length);
  }

  /** Where the oldest record's header is, or -1 if there is none; by the reader. */
  long first() {
    while (true) {
      int length = (int) LENGTH.getAcquire(memory, place(reading));
      if (length >= 0) {
        return length == 0 ? -1 : place(reading);
      }
      remove(-length);
    }
  }

  /** Gives the place of the record back that {@link #first} gave. */
  void removeFirst() {
    remove((int) LENGTH.get(memory, place(reading)));
  }

  private void remove(long length) {
    memory.asSlice(place(reading), length).fill((byte) 0);
    reading += length;
    // Release: who claims the place finds zeros.
    HEAD.setRelease(this, reading);
  }

  /** Gives memory back; by the reader, which reads no more. A writer that is late harms nobody. */
  void forget() {
    Pages.forget(memory);
  }

  /** What the records are in. The first four bytes of each belong to this ring. */
  MemorySegment memory() {
    return memory;
  }
}
