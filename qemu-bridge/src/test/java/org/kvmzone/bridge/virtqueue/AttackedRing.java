package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** A ring and its driver, who is honest for the most part; what it does else, it does here. */
abstract class AttackedRing {
  static final int NEXT = DriverRing.NEXT;
  static final int WRITE = DriverRing.WRITE;

  /** The device's side. */
  abstract Virtqueue queue();

  /** The driver's honest side. */
  abstract Driver driver();

  /** Makes a chain available; its name. */
  abstract int make(boolean indirect, Piece... pieces);

  /** The descriptor of piece {@code index} of a chain that is available; of its table, if any. */
  abstract MemorySegment descriptor(int name, int index);

  /** The descriptor in the ring that refers to a chain's table. */
  abstract MemorySegment reference(int name);

  /** Where in a descriptor its flags are. */
  abstract long flagsOffset();

  /** Lets the chain that is popped next, of so many direct descriptors, have another name. */
  abstract void rename(int name, int descriptors, int other);

  /** Lets the chain that is popped next, of so many direct descriptors, go on for ever. */
  abstract void unend(int name, int descriptors);

  /** Makes more available than there can be; nothing is free, and nothing available. */
  abstract void overfill();

  /** Rewrites a chain just popped; what is returned puts back what the driver itself relies on. */
  abstract Runnable scribble(int name, Random random);

  /** Rewrites the driver's wishes and what means nothing. */
  abstract void scribble(Random random);

  final void address(MemorySegment descriptor, long value) {
    descriptor.set(JAVA_LONG_UNALIGNED, 0, value);
  }

  final void length(MemorySegment descriptor, int value) {
    descriptor.set(JAVA_INT_UNALIGNED, 8, value);
  }

  final void flags(MemorySegment descriptor, int set, int clear) {
    int flags = descriptor.get(JAVA_SHORT_UNALIGNED, flagsOffset());
    descriptor.set(JAVA_SHORT_UNALIGNED, flagsOffset(), (short) ((flags | set) & ~clear));
  }
}
