package org.kvmzone.net;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.packet.MacAddress;

/** The guest's side of a VNIC: filters what arrives, and chooses the receive queue for it. */
final class GuestSide implements VnicClient {
  private final long mac;
  private volatile boolean promiscuous;
  private volatile Priority priority = Priority.HIGH;
  private final int longest;
  private final Drops drops;
  private final ReceiveQueue[] queues;
  private final IntUnaryOperator loops;
  private final AtomicReferenceArray<@Nullable DeviceQueue> senders;

  /**
   * The side of a guest with these receive queues.
   *
   * @param promiscuous whether frames for others are received too
   * @param longest the longest frame of the network, bytes
   * @param loops which of the device's threads serves the receive queue of a pair
   */
  GuestSide(
      MacAddress mac,
      boolean promiscuous,
      int longest,
      Drops drops,
      ReceiveQueue[] queues,
      IntUnaryOperator loops) {
    this.mac = mac.value();
    this.promiscuous = promiscuous;
    this.longest = longest;
    this.drops = drops;
    this.queues = queues.clone();
    this.loops = loops;
    senders = new AtomicReferenceArray<>(queues.length);
  }

  /** Whether frames for others are received too, from now on; by any thread. */
  void promiscuous(boolean on) {
    promiscuous = on;
  }

  /** What it gets of a link that it shares, from now on; by any thread. */
  void priority(Priority changed) {
    priority = changed;
  }

  @Override
  public int share() {
    return priority.share();
  }

  /** The transmit queue of a pair is served from now on. */
  void senderStarted(int pair, DeviceQueue queue) {
    senders.set(pair, queue);
  }

  /** The transmit queue of a pair is not served any more. */
  void senderStopping(int pair) {
    senders.set(pair, null);
  }

  @Override
  public void receive(int queue, FrameBatch batch, long frames) {
    long accepted = filter(batch, frames);
    int running = running();
    if (queue != BY_FLOW || running <= 1) {
      if (accepted != 0) {
        queues[choose(queue)].receive(batch, accepted);
      }
      return;
    }
    for (long left = accepted; left != 0; ) {
      int chosen = FlowHash.of(batch, Long.numberOfTrailingZeros(left)) % running;
      long same = flows(batch, left, chosen, running);
      queues[chosen].receive(batch, same);
      left &= ~same;
    }
  }

  /** The frames whose flows belong to a queue. */
  private static long flows(FrameBatch batch, long frames, int queue, int running) {
    long same = 0;
    for (long left = frames; left != 0; left &= left - 1) {
      if (FlowHash.of(batch, Long.numberOfTrailingZeros(left)) % running == queue) {
        same |= Long.lowestOneBit(left);
      }
    }
    return same;
  }

  /** How many queues the guest uses: the first ones. */
  private int running() {
    int count = 0;
    while (count < queues.length && queues[count].isRunning()) {
      count++;
    }
    return count;
  }

  /** Own address, broadcast, multicast: QEMU keeps the guest's own list of these to itself. */
  private long filter(FrameBatch batch, long frames) {
    long accepted = frames;
    boolean all = promiscuous;
    for (long left = frames; left != 0; left &= left - 1) {
      int frame = Long.numberOfTrailingZeros(left);
      long destination = batch.destination(frame);
      if (!all && destination != mac && !MacAddress.isMulticast(destination)) {
        drops.countIn(Drop.FILTERED, batch, frame);
        accepted &= ~Long.lowestOneBit(left);
      } else if (batch.length(frame) > longest && batch.wireLength(frame) > longest) {
        drops.countIn(Drop.RX_TOO_LONG, batch, frame);
        accepted &= ~Long.lowestOneBit(left);
      }
    }
    return accepted;
  }

  /** The queue wished for; the first that runs if it doesn't. */
  private int choose(int queue) {
    int wanted = Math.max(0, queue) % queues.length;
    if (queues[wanted].isRunning()) {
      return wanted;
    }
    for (int i = 0; i < queues.length; i++) {
      if (queues[i].isRunning()) {
        return i;
      }
    }
    return wanted;
  }

  @Override
  public long offer(int queue, FrameBatch batch, long frames) {
    long accepted = filter(batch, frames);
    if (accepted == 0) {
      return 0;
    }
    int chosen = choose(queue);
    if (loops.applyAsInt(chosen) == loops.applyAsInt(queue)) {
      return queues[chosen].offer(batch, accepted);
    }
    // Another thread's, which does not know that something is left here and would not come back.
    queues[chosen].receive(batch, accepted);
    return 0;
  }

  @Override
  public boolean receives() {
    return running() > 0;
  }

  @Override
  public void writable(int queue) {
    DeviceQueue sender = senders.get(queue);
    if (sender != null) {
      sender.wake();
    }
  }
}
