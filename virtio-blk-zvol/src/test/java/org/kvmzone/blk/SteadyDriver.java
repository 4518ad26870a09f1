package org.kvmzone.blk;

import java.util.Arrays;
import java.util.Optional;
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

/** Keeps as many requests waiting for a disk as it can, and counts those that come back. */
final class SteadyDriver implements AutoCloseable {
  private static final int RING = 256;

  private final GuestRam ram;
  private final DriverRing ring;
  private final Fd kick = Fd.event();
  private final Semaphore interrupts = new Semaphore(0);
  private final DeviceQueue queue;
  private final QueueLoop loop;
  private final int[] slotOf = new int[RING]; // by head
  private final Piece header;
  private final Piece[] data;
  private final Piece[] statuses;

  /** A driver of ring {@code index}, with {@code depth} requests of so many bytes. */
  SteadyDriver(VirtioBlk disk, QueueLoop loop, int index, boolean write, int depth, int bytes) {
    this.loop = loop;
    ram = new GuestRam((1 << 20) + depth * bytes);
    ring = new DriverRing(ram, RING);
    header = ram.readable(GuestDisk.header(write ? GuestDisk.OUT : GuestDisk.IN, 0));
    data = new Piece[depth];
    statuses = new Piece[depth];
    Arrays.setAll(data, _ -> write ? ram.readable(new byte[bytes]) : ram.writable(bytes));
    Arrays.setAll(statuses, _ -> ram.writable(1));
    queue =
        new DeviceQueue(
            index,
            new SplitVirtqueue(RING, VirtioBlk.F_FLUSH, 0, ram.memory(), ring.memory()),
            interrupts::release,
            loop::wake,
            new Counters<>(QueueCounter.class));
    disk.started(queue);
    loop.add(disk, queue, kick, broken -> {});
  }

  /** How many requests came back in so many nanoseconds, the first of which begins now. */
  long run(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    for (int slot = 0; slot < data.length; slot++) {
      add(slot);
    }
    SysEventfd.signal(kick.number());
    long count = 0;
    for (long left = nanos; left > 0; left = end - System.nanoTime()) {
      boolean ignored = interrupts.tryAcquire(left, TimeUnit.NANOSECONDS);
      int before = 0;
      for (Optional<Used> used = ring.nextUsed(); used.isPresent(); used = ring.nextUsed()) {
        int slot = slotOf[used.get().head()];
        if (ram.bytes(statuses[slot])[0] != Status.OK) {
          throw new AssertionError("a request failed");
        }
        add(slot);
        before++;
      }
      if (before > 0) {
        count += before;
        SysEventfd.signal(kick.number());
      }
    }
    return count;
  }

  private void add(int slot) {
    slotOf[ring.add(header, data[slot], statuses[slot])] = slot;
  }

  /** Stops the queue; what waits must not hold it up. */
  @Override
  public void close() {
    queue.drain();
    try {
      queue.stopped().get(1, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("the queue does not stop", e);
    }
    loop.remove(queue);
    kick.close();
    ram.close();
  }
}
