package org.kvmzone.bridge.testing;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.virtqueue.Chain;

/**
 * A device that copies what it may read to where it may write; one that can also be told to hang.
 */
public final class EchoDevice implements VirtioDevice {
  /** An offered feature bit that means nothing. */
  public static final long FEATURE = 1L << 5;

  private final String id;
  private final int queues;
  private final int pollMicros;
  private Chain chain = new Chain();
  private final Queue<Held> held = new ConcurrentLinkedQueue<>();
  private final AtomicInteger served = new AtomicInteger();
  private volatile boolean hanging;
  private volatile boolean tracking;
  private volatile boolean discarding;
  private volatile long negotiated;
  private volatile Optional<String> obstacle = Optional.empty();
  private final AtomicInteger departures = new AtomicInteger();
  private final AtomicInteger resets = new AtomicInteger();

  /** A request that hangs. */
  private record Held(DeviceQueue queue, Chain chain) {}

  /** A device of {@code queues} queues, all on one thread. */
  public EchoDevice(String id, int queues) {
    this(id, queues, POLL_MICROS);
  }

  /** The same, whose threads look for work for so long. */
  public EchoDevice(String id, int queues, int pollMicros) {
    this.id = id;
    this.queues = queues;
    this.pollMicros = pollMicros;
  }

  @Override
  public int pollMicros() {
    return pollMicros;
  }

  /** Lets requests stay in flight from now on; or lets all complete. */
  public void hang(boolean on) {
    hanging = on;
    held.forEach(each -> each.queue.wake());
  }

  /** Whether no request is in flight. */
  public boolean isIdle() {
    return held.isEmpty();
  }

  /** Has requests in flight noted for a successor. */
  public void trackInFlight() {
    tracking = true;
  }

  /** Goes on with queues that are disabled, and answers nothing in them. */
  public void discardDisabled() {
    discarding = true;
  }

  /** How many chains were taken. */
  public int served() {
    return served.get();
  }

  /** The features that were negotiated last. */
  public long negotiatedFeatures() {
    return negotiated;
  }

  /** Lets no guest use the device from now on, or lets it again. */
  public void obstruct(Optional<String> why) {
    obstacle = why;
  }

  /** How often a guest has left for another host. */
  public int departures() {
    return departures.get();
  }

  /** How often the driver has reset the device. */
  public int resets() {
    return resets.get();
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public long features() {
    return FEATURE;
  }

  @Override
  public int queueCount() {
    return queues;
  }

  @Override
  public byte[] config() {
    return new byte[] {1, 2, 3, 4, 5, 6, 7, 8};
  }

  @Override
  public boolean writeConfig(int offset, byte[] bytes) {
    return offset == 7 && bytes.length == 1;
  }

  @Override
  public boolean tracksInFlight() {
    return tracking;
  }

  @Override
  public Optional<String> arriving() {
    return obstacle;
  }

  @Override
  public void departed() {
    departures.incrementAndGet();
  }

  @Override
  public void negotiated(long features) {
    negotiated = features;
  }

  @Override
  public boolean discards(DeviceQueue queue) {
    return discarding;
  }

  @Override
  public int process(DeviceQueue queue, int budget) {
    int done = hanging ? 0 : release(queue);
    while (done < budget && queue.ring().pop(chain)) {
      served.incrementAndGet();
      done++;
      if (!queue.isEnabled()) {
        queue.ring().push(chain, 0);
      } else if (hanging) {
        held.add(new Held(queue, chain));
        chain = new Chain();
      } else {
        answer(queue, chain);
      }
    }
    if (done > 0) {
      queue.publish();
    }
    return done;
  }

  private int release(DeviceQueue queue) {
    List<Held> mine = held.stream().filter(each -> each.queue.equals(queue)).toList();
    mine.forEach(each -> answer(queue, each.chain));
    held.removeAll(mine);
    return mine.size();
  }

  /** Gives a chain back, even if its memory is gone. */
  private static void answer(DeviceQueue queue, Chain chain) {
    long length = Math.min(chain.readable().bytes(), chain.writable().bytes());
    try {
      if (!queue.ring().isAbandoned()) {
        chain.readable().copyTo(0, chain.writable(), 0, length);
      }
    } finally {
      queue.ring().push(chain, (int) length);
    }
  }

  @Override
  public boolean mayIdle(DeviceQueue queue) {
    return (hanging || held.stream().noneMatch(each -> each.queue.equals(queue)))
        && VirtioDevice.super.mayIdle(queue);
  }

  @Override
  public void reset() {
    resets.incrementAndGet();
  }

  @Override
  public DeviceReport report() {
    return new DeviceReport("echo", Map.of(), Map.of());
  }

  @Override
  public void close() {}
}
