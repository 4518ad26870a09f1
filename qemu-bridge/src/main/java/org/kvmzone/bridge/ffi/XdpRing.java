package org.kvmzone.bridge.ffi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * One of an AF_XDP socket's four rings, mapped: entries that one side writes and the other reads,
 * up to the producer's index and from the consumer's on.
 */
final class XdpRing {
  private static final VarHandle INT = JAVA_INT.varHandle();

  private final MemorySegment memory;
  private final int entries;
  private final long entrySize;
  private final long producer;
  private final long consumer;
  private final long first;
  private final long flags;

  /**
   * Maps a ring.
   *
   * @param arena unmaps it, by which alone the kernel lets go of the socket
   * @param where {@code XDP_PGOFF_…} and the like
   * @param offsets of which those at {@code at} are the ring's
   * @param entries a power of two
   */
  XdpRing(
      Arena arena,
      int socket,
      long where,
      MemorySegment offsets,
      long at,
      int entries,
      long entrySize) {
    this.entries = entries;
    this.entrySize = entrySize;
    producer = offsets.get(JAVA_LONG, at + XdpRingOffset.producer$OFFSET);
    consumer = offsets.get(JAVA_LONG, at + XdpRingOffset.consumer$OFFSET);
    first = offsets.get(JAVA_LONG, at + XdpRingOffset.desc$OFFSET);
    flags = offsets.get(JAVA_LONG, at + XdpRingOffset.flags$OFFSET);
    long length = first + entries * entrySize;
    int protection = SysMman.PROT_READ | SysMman.PROT_WRITE;
    long address =
        Errno.check(
            SysMman.mmap(0, length, protection, SysMman.MAP_SHARED, socket, where),
            "mmap of an AF_XDP ring");
    memory =
        MemorySegment.ofAddress(address)
            .reinterpret(
                length,
                arena,
                gone -> {
                  int ignored = SysMman.munmap(gone.address(), length);
                });
  }

  int entries() {
    return entries;
  }

  MemorySegment memory() {
    return memory;
  }

  /** Where an entry is; of any index, which wraps. */
  long at(int index) {
    return first + (index & (entries - 1)) * entrySize;
  }

  /** How far the ring is written; what is before it can be read. */
  int producer() {
    return (int) INT.getAcquire(memory, producer);
  }

  /** Lets what was written be read. */
  void producer(int index) {
    INT.setRelease(memory, producer, index);
  }

  /** How far the ring was read; what is before it may be written over. */
  int consumer() {
    return (int) INT.getAcquire(memory, consumer);
  }

  /** Lets what was read be written over. */
  void consumer(int index) {
    INT.setRelease(memory, consumer, index);
  }

  boolean wantsWakeup() {
    return ((int) INT.getAcquire(memory, flags) & LinuxIfXdp.XDP_RING_NEED_WAKEUP) != 0;
  }
}
