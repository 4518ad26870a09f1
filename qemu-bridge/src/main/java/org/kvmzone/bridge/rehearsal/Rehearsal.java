package org.kvmzone.bridge.rehearsal;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.device.VirtioDevice;
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

  /** Of so many pieces one is beyond the hole in the guest's memory. */
  private static final int BEYOND = 16;

  /**
   * Interrupts that reach nobody, each of a class of its own, as those of real rings are of
   * another: were there one class alone, the compiler would build on it, and undo all that it built
   * when the first guest came.
   */
  private static final List<DeviceQueue.Interrupt> INTERRUPTS =
      List.of(() -> {}, () -> {}, () -> {});

  private static final AtomicInteger QUEUES = new AtomicInteger();

  private final VirtioDevice device;
  private final long features;
  private final RingLayout layout;
  private final RehearsedMemory memory;
  private final List<RehearsedQueue> queues = new ArrayList<>();

  /** A guest of the device that is made here, which negotiated these features. */
  public Rehearsal(Supplier<? extends VirtioDevice> maker, long features) {
    // The device's own memory is between the two parts: copies go up and down.
    RehearsedMemory.Part first = RehearsedMemory.Part.map(RehearsedMemory.LOW);
    device = maker.get();
    memory = new RehearsedMemory(first, RehearsedMemory.Part.map(RehearsedMemory.HIGH));
    this.features = features;
    layout = RingLayout.of(features);
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
    long descriptors = memory.allocate(16L * SIZE);
    long available = memory.allocate(6 + 2L * SIZE);
    long used = memory.allocate(6 + 8L * SIZE);
    RingMemory areas =
        layout.locate(memory.table(), SIZE, descriptors, available, used).orElseThrow();
    long[] pieces = new long[SIZE / chain.length * chain.length];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = memory.allocate(chain[i % chain.length], i % BEYOND == BEYOND - 1);
    }
    DriverSide driver =
        switch (layout) {
          case SPLIT -> new SplitDriver(areas, chain, pieces);
          case PACKED -> new PackedDriver(areas, chain, pieces);
        };
    DeviceQueue queue =
        new DeviceQueue(
            index,
            layout.open(
                SIZE, features, layout.firstBase(), memory.table(), areas, Optional.empty()),
            INTERRUPTS.get(Math.floorMod(QUEUES.getAndIncrement(), INTERRUPTS.size())),
            () -> {},
            new Counters<>(QueueCounter.class));
    device.started(queue);
    RehearsedQueue rehearsed = new RehearsedQueue(device, queue, driver);
    queues.add(rehearsed);
    return rehearsed;
  }

  /** The device. */
  public VirtioDevice device() {
    return device;
  }

  /** The guest is gone, and the device closed. */
  @Override
  public void close() {
    device.close();
    queues.forEach(RehearsedQueue::close);
    memory.close();
  }
}
