package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.kvmzone.antispoof.Verdict;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.memory.LostMemory;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.virtqueue.QueueFault;
import org.kvmzone.packet.MacAddress;

/**
 * One receive queue of a guest. Whoever has frames for it tries to become the owner of its ring for
 * a batch and copies them straight into the guest's buffers. Who finds it owned, or the guest
 * without buffers, leaves copies in the {@link Backlog} and wakes the queue's thread; when that is
 * full, frames are dropped. Frames of one sender never overtake each other: while anything waits,
 * what comes later waits behind it.
 *
 * <p>A guest whose buffers are made of more descriptors than any driver has use for wastes the time
 * of whoever fills them; from then on that is its own thread alone.
 */
final class ReceiveQueue {
  private static final Logger LOG = System.getLogger(ReceiveQueue.class.getName());

  /** More descriptors than any driver uses for a frame. */
  private static final int PATIENCE = 256;

  /** The ring as it is set up. */
  private record Target(DeviceQueue queue, HeaderFormat format) {
    /** Whether the guest takes a frame with what is left undone of it. */
    boolean takes(FrameBatch batch, int frame) {
      return batch.isPlain(frame) || format.offloads().takes(batch.gso(frame), batch.isIpv6(frame));
    }
  }

  private final String vnic;
  private final Drops drops;
  private final CapturePoint point;
  private final Backlog backlog;
  private final Counters<VnicCounter> counters = new Counters<>(VnicCounter.class);
  private final RingWriter writer = new RingWriter();
  private @Nullable FrameCapture capture; // of this turn; the ring's owner's
  private long undelivered; // of the batch at hand; the ring's owner's
  private long packets; // since the last publication, as are bytes; the owner's too
  private long bytes;

  private HeaderFormat format = HeaderFormat.of(0); // the control path's own
  private volatile @Nullable Target target;

  /** The guest was last seen without buffers; written by the ring's owner. */
  private volatile boolean exhausted;

  /** Filling this guest's buffers is left to its own thread. */
  private volatile boolean shunned;

  /** A source was told that there is no room, and has left frames where they are. */
  private volatile boolean held;

  private final Pace pace = new Pace();
  private volatile @Nullable Cap cap;
  private final FlowGate gate = new FlowGate(false);
  private volatile @Nullable FlowTable flows;

  /** The queue's thread looks again by itself, when more may pass: nobody has to wake it. */
  private volatile boolean timed;

  /**
   * A queue that is not set up.
   *
   * @param vnic the VNIC's name, for probes
   * @param waiting how many frames may wait, a power of two
   * @param room bytes of the longest frame of the network
   * @param longest the longest frame, bytes
   */
  ReceiveQueue(String vnic, Drops drops, int waiting, int room, int longest) {
    this.vnic = vnic;
    this.drops = drops;
    point = drops.capturePoint();
    this.backlog = new Backlog(waiting, room, longest);
  }

  /** The format from the next start on. */
  void negotiated(HeaderFormat negotiated) {
    format = negotiated;
  }

  /** Keeps to this cap from now on; from any thread, which wakes the queue afterwards. */
  void cap(@Nullable Cap changed) {
    cap = changed;
  }

  /** Goes by these flows from now on; from any thread. */
  void flows(@Nullable FlowTable changed) {
    flows = changed;
  }

  /** Makes the queue's thread look what has changed; from any thread. */
  void wake() {
    Target now = target;
    if (now != null) {
      now.queue.wake();
    }
  }

  /** The guest has set the ring up; what waits is for whoever used it before. */
  void started(DeviceQueue queue) {
    for (int slot = backlog.first(); slot >= 0; slot = backlog.first()) {
      drops.countIn(Drop.NOT_READY, backlog.batch(slot), backlog.frame(slot));
      backlog.removeFirst();
    }
    writer.forget();
    exhausted = false;
    held = false;
    shunned = false;
    target = new Target(queue, format);
  }

  /** The ring is being taken away. */
  void stopping() {
    target = null;
  }

  boolean isRunning() {
    Target now = target;
    return now != null && now.queue.isRunning();
  }

  /** Takes the frames of a batch that have their bit set, from any thread. */
  void receive(FrameBatch batch, long frames) {
    long _ = receiveOrFinish(batch, frames, false);
  }

  /** The same from a source on this guest's thread; returns those that find no room. */
  long offer(FrameBatch batch, long frames) {
    long left = receiveOrFinish(batch, frames, true);
    held = left != 0;
    return left;
  }

  /** Hands over what this guest takes as it is, and completes the others; all in their order. */
  private long receiveOrFinish(FrameBatch batch, long frames, boolean own) {
    // One look: by the next, the guest may have booted another driver.
    Target now = target;
    long incomplete = (batch.asking() & frames) == 0 ? 0 : notTaken(now, batch, frames);
    if (incomplete == 0) {
      return receive(now, batch, frames, own);
    }
    long left = frames;
    while (left != 0) {
      long first = Long.lowestOneBit(left & incomplete);
      long before = first == 0 ? left : left & (first - 1);
      long refused = before == 0 ? 0 : receive(now, batch, before, own);
      left &= ~before;
      if (refused != 0) {
        return refused | left;
      }
      left &= ~first;
      if (first != 0) {
        finish(now, batch, Long.numberOfTrailingZeros(first));
      }
    }
    return 0;
  }

  /** The frames of which this guest has not negotiated what they ask for. */
  private static long notTaken(@Nullable Target now, FrameBatch batch, long frames) {
    long incomplete = 0;
    for (long left = batch.asking() & frames; now != null && left != 0; left &= left - 1) {
      if (!now.takes(batch, Long.numberOfTrailingZeros(left))) {
        incomplete |= Long.lowestOneBit(left);
      }
    }
    return incomplete;
  }

  /** Receives a frame as what becomes of it; as with any other, what finds no room is dropped. */
  private void finish(@Nullable Target now, FrameBatch batch, int frame) {
    Segmenter segmenter = batch.segmenter();
    segmenter.begin(batch, frame);
    while (segmenter.next()) {
      long _ = receive(now, segmenter.batch(), segmenter.batch().all(), false);
    }
  }

  private long receive(@Nullable Target now, FrameBatch batch, long frames, boolean own) {
    if (now == null || !now.queue.isRunning()) {
      dropAll(Drop.NOT_READY, batch, frames);
      return 0;
    }
    boolean queued = false;
    boolean owner = (own || !shunned) && now.queue.tryAcquire();
    try {
      // Looked at again by the owner: rings are stopped by whoever owns them.
      long left = owner && now.queue.isRunning() ? deliver(now, batch, frames, own) : frames;
      LostMemory.report();
      if (own) {
        return left;
      }
      queued = left != 0 && enqueue(batch, left);
    } catch (RuntimeException | Error gone) {
      // Memory has gone: a file was truncated. If the sender's, its own queue fails.
      if (!owner || !batch.isReadable()) {
        throw gone;
      }
      fail(now, gone);
      dropAll(Drop.NOT_READY, batch, undelivered);
    } finally {
      if (owner) {
        now.queue.release();
      }
    }
    if (queued && !timed) {
      now.queue.wake();
    }
    return 0;
  }

  private void fail(Target to, Throwable gone) {
    LOG.log(Level.ERROR, vnic + ": receive queue failed: " + gone, gone);
    to.queue.ring().fail(QueueFault.DEVICE_FAILED);
    to.queue.wake(); // its thread reports the fault
  }

  /** Puts what waits into the ring; by its owner. */
  int process(DeviceQueue queue, int budget) {
    Target now = target;
    if (budget == 0 || now == null || !now.queue.equals(queue)) {
      if (!queue.isRunning()) {
        writer.release(queue.ring()); // so that nothing is in flight
      }
      return 0;
    }
    timed = false; // before the look: what is queued afterwards wakes this thread
    follow();
    int done = drain(now, budget);
    publish(now);
    return done;
  }

  /** See {@link org.kvmzone.bridge.device.VirtioDevice#mayIdle}; by the ring's owner. */
  boolean mayIdle(DeviceQueue queue) {
    timed = false;
    if (!queue.isRunning()) {
      return true;
    }
    if (exhausted) {
      if (queue.ring().armKicks()) {
        return true;
      }
      exhausted = false;
      return false;
    }
    // New buffers are of no interest while frames find some: no kicks are asked for.
    return !isAnythingLeft() || mayWait();
  }

  private boolean isAnythingLeft() {
    return held || backlog.first() >= 0;
  }

  /** Whether it is for the cap that what is left waits. */
  private boolean mayWait() {
    timed = !pace.isStale(cap) && pace.mustWait(System.nanoTime());
    return timed;
  }

  /** How long the queue needs no turn unless it is woken; by the ring's owner. */
  long sleepNanos() {
    return timed ? Math.max(1, pace.nanos(System.nanoTime())) : Long.MAX_VALUE;
  }

  private void follow() {
    if (pace.isStale(cap)) {
      pace.use(cap);
    }
    gate.use(flows);
    gate.begin();
    capture = point.current();
  }

  /** As many as fit; returns those that don't. */
  private long deliver(Target to, FrameBatch batch, long frames, boolean own) {
    undelivered = frames;
    follow();
    int most = backlog.capacity();
    while (most > 0 && (own || !shunned) && drain(to, 1) > 0) {
      most--;
    }
    if (gate.isOn()) {
      undelivered = admit(batch, frames);
    }
    // A slot that another sender is just filling counts too: it may hold this sender's turn back.
    while (undelivered != 0 && (own || !shunned) && backlog.isEmpty()) {
      long admitted = pace.isOn() ? pace.admit(batch, undelivered, System.nanoTime()) : undelivered;
      if (admitted == 0) {
        break;
      }
      int frame = Long.numberOfTrailingZeros(undelivered);
      // What is still to be segmented takes several buffers nearly always.
      if (batch.isUnsegmented(frame) || writeEach(to, batch, admitted) == 0) {
        if (!write(to, batch, frame)) {
          break;
        }
        gate.passed(frame, batch.length(frame));
        undelivered &= undelivered - 1;
      }
    }
    if (gate.isOn()) {
      gate.giveBack(batch, undelivered);
    }
    publish(to);
    return undelivered;
  }

  /** Those of some frames whose flows let them pass; the others are dropped. */
  private long admit(FrameBatch batch, long frames) {
    long admitted = gate.admit(batch, frames);
    for (long left = frames & ~admitted; left != 0; left &= left - 1) {
      int frame = Long.numberOfTrailingZeros(left);
      drop(batch, frame, frame);
    }
    return admitted;
  }

  private void drop(FrameBatch batch, int frame, int place) {
    gate.dropped(place);
    drops.countIn(gate.reason(place), batch, frame);
  }

  /** Settles those of the first undelivered frames that are as most are; returns how many. */
  private int writeEach(Target to, FrameBatch batch, long first) {
    int written = writer.writeEach(to.queue.ring(), to.format, batch, first);
    long left = undelivered;
    for (int i = 0; i < written; i++) {
      left &= left - 1;
    }
    long settled = undelivered & ~left;
    undelivered = left;
    if (written > 0 && exhausted) {
      exhausted = false;
    }
    count(batch, settled);
    if (gate.isOn()) {
      gate.passed(batch, settled);
    }
    if (capture != null) {
      record(capture, to, batch, settled);
    }
    return written;
  }

  private void record(FrameCapture capture, Target to, FrameBatch batch, long frames) {
    long now = System.nanoTime();
    CaptureBudget budget = capture.budget();
    boolean allowed = budget.allows(now);
    for (long left = frames; left != 0; left &= left - 1) {
      record(capture, to, batch, Long.numberOfTrailingZeros(left), allowed, now);
    }
    budget.spend(now, System.nanoTime());
  }

  private void recordAlone(FrameCapture capture, Target to, FrameBatch batch, int frame) {
    long now = System.nanoTime();
    CaptureBudget budget = capture.budget();
    record(capture, to, batch, frame, budget.allows(now), now);
    budget.spend(now, System.nanoTime());
  }

  private static void record(
      FrameCapture capture, Target to, FrameBatch batch, int frame, boolean allowed, long now) {
    if (allowed) {
      capture.in(now, to.queue.index() / 2, Verdict.PASS, batch, frame);
    } else {
      capture.miss(true, Verdict.PASS);
    }
  }

  private int drain(Target to, int budget) {
    int done = 0;
    while (done < budget) {
      int slot = backlog.first();
      if (slot < 0 || !settle(to, slot)) {
        break;
      }
      backlog.removeFirst();
      done++;
    }
    return done;
  }

  /** Writes a frame that has waited, or drops it; false if it has to wait on. */
  private boolean settle(Target to, int slot) {
    FrameBatch batch = backlog.batch(slot);
    int frame = backlog.frame(slot);
    int length = batch.length(frame);
    if (!to.takes(batch, frame)) { // it came for the driver before
      drops.countIn(Drop.NOT_READY, batch, frame);
      return true;
    }
    if (gate.isOn() && !gate.admit(batch, frame, FlowGate.ALONE)) {
      drop(batch, frame, FlowGate.ALONE);
      return true;
    }
    if (mayPass(length) && write(to, batch, frame)) {
      gate.passed(FlowGate.ALONE, length);
      return true;
    }
    gate.giveBack(FlowGate.ALONE, length);
    return false;
  }

  private boolean mayPass(long length) {
    if (!pace.isOn()) {
      return true;
    }
    return pace.covers(length, length * backlog.size(), System.nanoTime());
  }

  /** Settles a frame, unless it has to wait for a buffer. */
  private boolean write(Target to, FrameBatch batch, int frame) {
    RingWriter.Outcome outcome = writer.write(to.queue.ring(), to.format, batch, frame);
    if (writer.effort() > PATIENCE) {
      shunned = true;
    }
    switch (outcome) {
      case WRITTEN -> {
        count(batch, frame);
        if (exhausted) {
          exhausted = false;
        }
        if (capture != null) {
          recordAlone(capture, to, batch, frame);
        }
      }
      case SHORT -> drops.countIn(Drop.NO_BUFFER, batch, frame);
      case TOO_LONG -> drops.countIn(Drop.RX_TOO_LONG, batch, frame);
      case EMPTY, WAITING -> {
        if (to.queue.ring().fault().isEmpty()) {
          exhausted = true;
          return false;
        }
        drops.countIn(Drop.NOT_READY, batch, frame);
      }
    }
    return true;
  }

  /** Counts frames of a batch that are in the ring, and pays for them. */
  private void count(FrameBatch batch, long frames) {
    pay(Long.bitCount(frames), batch.bytes(frames));
    for (long left = batch.multicast(frames); left != 0; left &= left - 1) {
      countGroup(batch.destination(Long.numberOfTrailingZeros(left)));
    }
    if (NetProbes.RX.watched()) {
      for (long left = frames; left != 0; left &= left - 1) {
        NetProbes.RX.fire(vnic, batch.length(Long.numberOfTrailingZeros(left)));
      }
    }
  }

  /** The same of one frame, which may be one that has waited. */
  private void count(FrameBatch batch, int frame) {
    int length = batch.length(frame);
    pay(1, length);
    if (batch.isMulticast(frame)) {
      countGroup(batch.destination(frame));
    }
    NetProbes.RX.fire(vnic, length);
  }

  private void pay(int count, long length) {
    packets += count;
    bytes += length;
    if (pace.isOn()) {
      pace.spend(length);
    }
  }

  private void countGroup(long destination) {
    counters.increment(
        destination == MacAddress.BROADCAST
            ? VnicCounter.INPUT_BROADCAST
            : VnicCounter.INPUT_MULTICAST);
  }

  private void publish(Target to) {
    if (packets != 0) {
      counters.add(VnicCounter.INPUT_PACKETS, packets);
      counters.add(VnicCounter.INPUT_BYTES, bytes);
      counters.increment(chain(packets));
      packets = 0;
      bytes = 0;
      gate.flush();
    }
    if (writer.takeTouched()) {
      to.queue.publish();
    }
  }

  private static VnicCounter chain(long packets) {
    if (packets < 10) {
      return VnicCounter.CHAINS_UNDER_10;
    }
    return packets > 50 ? VnicCounter.CHAINS_OVER_50 : VnicCounter.CHAINS_OF_10_TO_50;
  }

  private boolean enqueue(FrameBatch batch, long frames) {
    Cap limit = cap;
    Drop reason = limit == null || exhausted ? Drop.NO_BUFFER : Drop.RX_OVER_CAP;
    boolean queued = false;
    for (long left = frames; left != 0; left &= left - 1) {
      int frame = Long.numberOfTrailingZeros(left);
      if ((limit == null || limit.mayQueue(backlog.size())) && backlog.offer(batch, frame)) {
        queued = true;
      } else {
        drops.countIn(reason, batch, frame);
      }
    }
    return queued;
  }

  private void dropAll(Drop reason, FrameBatch batch, long frames) {
    for (long left = frames; left != 0; left &= left - 1) {
      drops.countIn(reason, batch, Long.numberOfTrailingZeros(left));
    }
  }

  /** Adds the counters up by name. */
  void addTo(Map<String, Long> sums) {
    counters.addTo(sums);
  }
}
