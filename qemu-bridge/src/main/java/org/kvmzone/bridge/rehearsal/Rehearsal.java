package org.kvmzone.bridge.rehearsal;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.virtqueue.RingLayout;
import org.kvmzone.bridge.virtqueue.RingMemory;

/**
 * A guest's memory and the rings in it, for one device that belongs to nobody else. One thread uses
 * it all.
 */
public final class Rehearsal implements AutoCloseable {
  /** Entries of each ring. */
  public static final int SIZE = 256;

  private static final long BASE = 0x1_0000_0000L;
  private static final long BYTES = 8 << 20;
  private static final long PAGE = 4096;

  private final VirtioDevice device;
  private final long features;
  private final RingLayout layout;
  private final MemoryRegion region;
  private final GuestMemory memory;
  private long next;

  /** A guest of {@code device} that negotiated these features. */
  public Rehearsal(VirtioDevice device, long features) {
    this.device = device;
    this.features = features;
    layout = RingLayout.of(features);
    try (Fd fd = Fd.memory("rehearsal", BYTES, 0)) {
      region = MemoryRegion.map(new MemoryRegion.Description(BASE, BYTES, BASE, 0), fd.number());
    }
    memory = new GuestMemory(List.of(region));
    device.negotiated(features);
  }

  /**
   * A piece of each chain that a driver offers.
   *
   * @param bytes its length
   * @param writable whether the device may write it; else it may read it
   * @param content what it holds in the beginning, at most so long
   */
  public record Piece(int bytes, boolean writable, MemorySegment content) {
    /** One for the device to write. */
    public static Piece writable(int bytes) {
      return new Piece(bytes, true, MemorySegment.NULL);
    }

    /** One for the device to read. */
    public static Piece readable(MemorySegment content) {
      return new Piece((int) content.byteSize(), false, content);
    }
  }

  /**
   * Starts a queue of the device.
   *
   * @param index of the device's queues
   * @param chain the pieces of each chain, those to be read first
   */
  public RehearsedQueue start(int index, Piece... chain) {
    long descriptors = allocate(16L * SIZE);
    long available = allocate(6 + 2L * SIZE);
    long used = allocate(6 + 8L * SIZE);
    RingMemory areas = layout.locate(memory, SIZE, descriptors, available, used).orElseThrow();
    long[] pieces = new long[SIZE / chain.length * chain.length];
    for (int i = 0; i < pieces.length; i++) {
      Piece piece = chain[i % chain.length];
      pieces[i] = allocate(piece.bytes);
      region
          .segment()
          .asSlice(pieces[i] - BASE, piece.bytes)
          .copyFrom(
              piece.content.byteSize() > piece.bytes
                  ? piece.content.asSlice(0, piece.bytes)
                  : piece.content);
    }
    DriverSide driver =
        switch (layout) {
          case SPLIT -> new SplitDriver(areas, chain, pieces);
          case PACKED -> new PackedDriver(areas, chain, pieces);
        };
    DeviceQueue queue =
        new DeviceQueue(
            index,
            layout.open(SIZE, features, layout.firstBase(), memory, areas, Optional.empty()),
            () -> {},
            () -> {},
            new Counters<>(QueueCounter.class));
    device.started(queue);
    return new RehearsedQueue(device, queue, driver);
  }

  /** The device. */
  public VirtioDevice device() {
    return device;
  }

  private long allocate(long bytes) {
    long at = next;
    // Each on lines of its own, and large ones not all at the same place of their pages.
    next = at + (bytes + 63) / 64 * 64 + (bytes >= PAGE / 2 ? 64 : 0);
    return BASE + at;
  }

  /** The guest is gone, and the device closed. */
  @Override
  public void close() {
    device.close();
    region.close();
  }
}
