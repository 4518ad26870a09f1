package org.kvmzone.net;

import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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
 * A guest that always has something to send, or always room to receive: what comes back is made
 * available again at once. It looks by itself, and wants no interrupts.
 */
final class SteadyNic implements AutoCloseable {
  static final int RING = 256;
  private static final int BUFFER = 9216;
  private static final int USED_PUBLISHED = 20_000; // nanoseconds between two looks at nothing

  private final GuestRam ram;
  private final DriverRing ring;
  private final Fd kick = Fd.event();
  private final DeviceQueue queue;
  private final QueueLoop loop;
  private final NetDevice device;
  private final Piece[] pieces = new Piece[RING];
  private final int[] pieceOf = new int[RING]; // by head

  private SteadyNic(NetDevice device, QueueLoop loop, int index, byte[][] frames) {
    this.device = device;
    this.loop = loop;
    ram = new GuestRam((1 << 20) + RING * BUFFER);
    ring = new DriverRing(ram, RING);
    boolean sends = index % 2 == 1;
    Arrays.setAll(
        pieces, i -> sends ? ram.readable(frames[i % frames.length]) : ram.writable(BUFFER));
    queue =
        new DeviceQueue(
            index,
            new SplitVirtqueue(RING, Guest.MODERN, 0, ram.memory(), ring.memory()),
            () -> {},
            loop::wake,
            new Counters<>(QueueCounter.class));
    device.started(queue);
    loop.add(device, queue, kick, broken -> {});
  }

  /** Sends these frames in turn, by the pair's transmit queue. */
  static SteadyNic sender(NetDevice device, QueueLoop loop, int pair, byte[]... frames) {
    byte[][] withHeaders = new byte[frames.length][];
    Arrays.setAll(
        withHeaders,
        i -> {
          byte[] all = new byte[VirtioNet.HEADER + frames[i].length];
          System.arraycopy(frames[i], 0, all, VirtioNet.HEADER, frames[i].length);
          return all;
        });
    return new SteadyNic(device, loop, 2 * pair + 1, withHeaders);
  }

  /** Receives, by the pair's receive queue. */
  static SteadyNic receiver(NetDevice device, QueueLoop loop, int pair) {
    return new SteadyNic(device, loop, 2 * pair, new byte[0][]);
  }

  /** Makes everything available, once. */
  SteadyNic begin() {
    for (int i = 0; i < RING; i++) {
      add(i);
    }
    SysEventfd.signal(kick.number());
    return this;
  }

  /** How many frames came back in so many nanoseconds; at the first look, since the last. */
  long run(long nanos) {
    long end = System.nanoTime() + nanos;
    long count = 0;
    do {
      int before = 0;
      for (Optional<Used> used = ring.nextUsed(); used.isPresent(); used = ring.nextUsed()) {
        add(pieceOf[used.get().head()]);
        before++;
      }
      count += before;
      if (before == 0) {
        LockSupport.parkNanos(USED_PUBLISHED);
      } else if (ring.kicksWanted()) {
        SysEventfd.signal(kick.number());
      }
    } while (System.nanoTime() - end < 0);
    return count;
  }

  private void add(int piece) {
    pieceOf[ring.add(pieces[piece])] = piece;
  }

  @Override
  public void close() {
    device.stopping(queue);
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
