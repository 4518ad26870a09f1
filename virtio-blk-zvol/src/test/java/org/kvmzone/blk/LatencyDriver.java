package org.kvmzone.blk;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.SplitVirtqueue;

/**
 * Reads a disk once, in batches, and looks at the clock: before it makes a batch available, and
 * whenever it has seen that a request of it was given back.
 */
final class LatencyDriver implements AutoCloseable {
  /** Of each request; request n is at n times as many. */
  static final int BYTES = 512;

  private static final int SLOTS = 16;
  private static final int RING = 64;

  private final GuestRam ram = new GuestRam(1 << 20);
  private final DriverRing ring = new DriverRing(ram, RING);
  private final Fd kick = Fd.event();
  private final Semaphore interrupts = new Semaphore(0);
  private final DeviceQueue queue;
  private final Piece[] headers = new Piece[SLOTS];
  private final Piece[] data = new Piece[SLOTS];
  private final Piece[] statuses = new Piece[SLOTS];
  private final int[] requestOf = new int[RING]; // by head
  private final long[] offered;
  private final long[] seen;

  LatencyDriver(VirtioBlk disk, QueueLoop loop, int requests) {
    offered = new long[requests];
    seen = new long[requests];
    Arrays.setAll(headers, _ -> ram.readable(new byte[16]));
    Arrays.setAll(data, _ -> ram.writable(BYTES));
    Arrays.setAll(statuses, _ -> ram.writable(1));
    queue =
        new DeviceQueue(
            0,
            new SplitVirtqueue(RING, VirtioBlk.F_FLUSH, 0, ram.memory(), ring.memory()),
            interrupts::release,
            loop::wake,
            new Counters<>(QueueCounter.class));
    disk.negotiated(VirtioBlk.F_FLUSH);
    disk.started(queue);
    loop.add(disk, queue, kick, broken -> {});
  }

  /** From when a request's batch was about to be made available to when it was seen given back. */
  long nanos(int request) {
    return seen[request] - offered[request];
  }

  /** Reads all, up to {@code most} at a time, and stops the queue. */
  void run(int most, SplittableRandom random) throws Exception {
    for (int first = 0; first < offered.length; ) {
      int count = Math.min(1 + random.nextInt(most), offered.length - first);
      batch(first, count);
      first += count;
    }
    queue.drain();
    queue.stopped().get(30, TimeUnit.SECONDS);
  }

  private void batch(int first, int count) throws InterruptedException {
    Arrays.fill(offered, first, first + count, System.nanoTime());
    for (int i = 0; i < count; i++) {
      byte[] header = GuestDisk.header(GuestDisk.IN, (first + i) * (long) BYTES / 512);
      ram.at(headers[i].address(), header.length).copyFrom(MemorySegment.ofArray(header));
      ram.at(statuses[i].address(), 1).fill(GuestDisk.UNTOUCHED);
      requestOf[ring.add(headers[i], data[i], statuses[i])] = first + i;
    }
    SysEventfd.signal(kick.number());
    for (int left = count; left > 0; ) {
      if (!interrupts.tryAcquire(30, TimeUnit.SECONDS)) {
        throw new AssertionError(left + " requests of " + first + " and on are not answered");
      }
      for (Optional<Used> used = ring.nextUsed(); used.isPresent(); used = ring.nextUsed()) {
        seen[requestOf[used.get().head()]] = System.nanoTime();
        left--;
      }
    }
    for (int i = 0; i < count; i++) {
      if (ram.bytes(statuses[i])[0] != Status.OK) {
        throw new AssertionError("request " + (first + i) + " failed");
      }
    }
  }

  @Override
  public void close() {
    kick.close();
    ram.close();
  }
}
