package org.kvmzone.bench.bare;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Optional;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.RingFiles;
import org.kvmzone.bridge.virtqueue.RingMemory;

/**
 * The driver's side of a split ring (virtio 1.3 §2.7): chains that never change, each of which is
 * made available again when it was given back, at once or later. It never wants an interrupt.
 */
final class FrontRing implements AutoCloseable {
  private static final VarHandle INDEX = JAVA_SHORT.varHandle();
  private static final long IDX = 2;
  private static final long RING = 4;
  private static final long LENGTH = 4; // behind the head, in a used element
  private static final short NO_INTERRUPT = 1;
  private static final short NO_NOTIFY = 1;
  private static final int NEXT = 1;
  private static final int WRITE = 2;

  private final RingFiles files = RingFiles.create();
  private final RingMemory memory;
  private final long[] areas;
  private final List<List<Piece>> chains;
  private final int mask;
  private final short[] taken; // heads, in the order in which they were given back
  private int availableIndex;
  private int usedIndex; // and how many were taken
  private int givenIndex; // of those that were taken
  private long bytes;

  /**
   * A ring that the device has seen nothing of.
   *
   * @param size entries, a power of two
   * @param chains what is to be made available, all of it together at most {@code size} pieces
   */
  FrontRing(GuestRam ram, int size, List<List<Piece>> chains) {
    this.chains = chains;
    mask = size - 1;
    taken = new short[size];
    long descriptors = ram.allocate(16L * size, 4096);
    long available = ram.allocate(6 + 2L * size, 4096);
    long used = ram.allocate(6 + 8L * size, 4096);
    areas =
        new long[] {
          ram.userAddress(descriptors), ram.userAddress(used), ram.userAddress(available)
        };
    memory =
        new RingMemory(
            ram.at(descriptors, 16L * size),
            ram.at(available, 6 + 2L * size),
            ram.at(used, 6 + 8L * size));
    memory.available().set(JAVA_SHORT, 0, NO_INTERRUPT);
    int slot = 0;
    for (List<Piece> chain : chains) {
      for (int i = 0; i < chain.size(); i++, slot++) {
        Piece piece = chain.get(i);
        int flags = (piece.writable() ? WRITE : 0) | (i < chain.size() - 1 ? NEXT : 0);
        DriverRing.descriptor(
            memory.descriptors(), slot, piece.address(), piece.length(), flags, slot + 1);
      }
    }
  }

  RingMemory memory() {
    return memory;
  }

  RingFiles files() {
    return files;
  }

  int size() {
    return mask + 1;
  }

  /** Where descriptors, used and available ring are, as SET_VRING_ADDR has it. */
  long[] areas() {
    return areas.clone();
  }

  /** Makes all chains available. */
  void offer() {
    int head = 0;
    for (List<Piece> chain : chains) {
      add((short) head);
      head += chain.size();
    }
    publish();
  }

  /** Makes available again what was given back; says how many chains that were. */
  int turn() {
    int count = take();
    if (count > 0) {
      give(count);
    }
    return count;
  }

  /** Takes what was given back, and keeps it; says how many chains that were. */
  int take() {
    int seen = (short) INDEX.getAcquire(memory.used(), IDX);
    int count = (seen - usedIndex) & 0xffff;
    if (count == 0) {
      return 0;
    }
    if (count > chains.size()) {
      throw new IllegalStateException(
          "%d chains were given back, of %d".formatted(count, chains.size()));
    }
    MemorySegment used = memory.used();
    for (int i = 0; i < count; i++, usedIndex++) {
      long element = element(usedIndex);
      taken[usedIndex & mask] = (short) used.get(JAVA_INT_UNALIGNED, element);
      bytes += used.get(JAVA_INT_UNALIGNED, element + LENGTH);
    }
    return count;
  }

  /** How many chains were taken and not made available again. */
  int kept() {
    return usedIndex - givenIndex;
  }

  /** Makes so many of those that were taken available again. */
  void give(int count) {
    for (int i = 0; i < count; i++, givenIndex++) {
      add(taken[givenIndex & mask]);
    }
    publish();
  }

  /** How many bytes the device has written into all that was taken so far. */
  long bytes() {
    return bytes;
  }

  /** What the device has written into the first buffers, if so many came and none was taken. */
  Optional<byte[]> first(GuestRam ram, int count) {
    if (Short.toUnsignedInt((short) INDEX.getAcquire(memory.used(), IDX)) < count) {
      return Optional.empty();
    }
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      // Chains of one piece each: the head is its number.
      Piece piece = chains.get(memory.used().get(JAVA_INT_UNALIGNED, element(i))).getFirst();
      int length = memory.used().get(JAVA_INT_UNALIGNED, element(i) + LENGTH);
      joined.writeBytes(ram.at(piece.address(), length).toArray(JAVA_BYTE));
    }
    return Optional.of(joined.toByteArray());
  }

  private long element(int index) {
    return RING + 8L * (index & mask);
  }

  private void add(short head) {
    memory.available().set(JAVA_SHORT, RING + 2L * (availableIndex & mask), head);
    availableIndex++;
  }

  private void publish() {
    INDEX.setRelease(memory.available(), IDX, (short) availableIndex);
    // Written before it is asked whether the device wants to know, virtio 1.3 §2.7.13.4.1.
    VarHandle.fullFence();
    if ((memory.used().get(JAVA_SHORT, 0) & NO_NOTIFY) == 0) {
      SysEventfd.signal(files.kick().number());
    }
  }

  @Override
  public void close() {
    files.close();
  }
}
