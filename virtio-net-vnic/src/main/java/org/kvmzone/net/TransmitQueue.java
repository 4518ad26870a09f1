package org.kvmzone.net;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.kvmzone.antispoof.LinkProtection;
import org.kvmzone.antispoof.Verdict;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.virtqueue.Chain;
import org.kvmzone.bridge.virtqueue.QueueFault;
import org.kvmzone.bridge.virtqueue.SingleBuffers;
import org.kvmzone.bridge.virtqueue.Virtqueue;
import org.kvmzone.dhcp.Answer;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.MacAddress;

/**
 * One transmit queue of a guest. A turn takes a batch of chains, judges the frame in each by a
 * private copy of its beginning, hands those that may leave to the VNIC, and only then settles
 * every chain in its order: counts, fires, gives it back. What the VNIC does not take goes back
 * into the ring, unsettled, with all that came after it.
 *
 * <p>Nearly every frame is plain: a datagram of the guest's own in one buffer, of no interest to
 * our services. As many as follow one another are taken together, by loops that do one thing each;
 * the first other one, and what follows it, is looked at frame by frame.
 */
final class TransmitQueue {
  private static final long NOTHING = -1;

  private final int pair;
  private final String name;
  private final int mtu;
  private final Vnic vnic;
  private volatile LinkProtection rules;
  private LinkProtection protection; // of this turn
  private final @Nullable HostServices services;
  private final Drops drops;
  private final CapturePoint point;
  private @Nullable FrameCapture capture; // of this turn
  private @Nullable RefusedFrames refused; // from the first capture on
  private final Buffers chain = new Buffers(); // that of a refused frame
  private long gathered; // when, if there is a capture
  private final Counters<VnicCounter> counters = new Counters<>(VnicCounter.class);

  private final FrameBatch batch;
  private final Frame frame = new Frame();
  private final OffloadCheck check = new OffloadCheck();
  private final SingleBuffers singles = new SingleBuffers(FrameBatch.MAX_FRAMES);
  private final int[] written = new int[FrameBatch.MAX_FRAMES]; // nothing, into any of them
  private final Chain[] chains = new Chain[FrameBatch.MAX_FRAMES];

  /** What is to become of each frame: a {@link Drop}, a {@link Verdict}, or an {@link Answer}. */
  private final Enum<?>[] fates = new Enum<?>[FrameBatch.MAX_FRAMES];

  private final long[] lengths = new long[FrameBatch.MAX_FRAMES];

  @SuppressWarnings("unused") // what is read in advance has to go somewhere
  private long touched;

  private boolean single; // the batch is in singles, not in chains
  private boolean plain; // all of its frames are, and have no fate but to be sent
  private int popped;
  private int pushed;

  private HeaderFormat format = HeaderFormat.of(0);
  private boolean blocked;
  private final Pace pace = new Pace();
  private volatile @Nullable Cap cap;
  private final FlowGate gate = new FlowGate(true);
  private volatile @Nullable FlowTable flows;

  /** An address to announce before the guest's next frame; any thread may set it. */
  private final AtomicLong announcement = new AtomicLong(NOTHING);

  /**
   * A queue that is not set up.
   *
   * @param pair of queues that it belongs to
   * @param name the VNIC's, for probes
   * @param mtu bytes of payload of the longest frame that leaves
   * @param unsegmented whether the guest may send longer ones that are yet to be segmented
   */
  TransmitQueue(
      int pair,
      String name,
      int mtu,
      boolean unsegmented,
      Vnic vnic,
      LinkProtection protection,
      Optional<HostServices> services,
      Drops drops) {
    this.pair = pair;
    this.name = name;
    this.mtu = mtu;
    this.vnic = vnic;
    this.rules = protection;
    this.protection = protection;
    this.services = services.orElse(null);
    this.drops = drops;
    point = drops.capturePoint();
    int room = mtu + VirtioNet.OVERHEAD;
    int longest = unsegmented ? VirtioNet.LONGEST_UNSEGMENTED : room;
    batch = new FrameBatch(FrameBatch.MAX_FRAMES, room, longest);
    for (int i = 0; i < chains.length; i++) {
      chains[i] = new Chain();
    }
  }

  /** The format from now on; called while the queue is not served. */
  void negotiated(HeaderFormat negotiated) {
    format = negotiated;
  }

  /** Keeps to this cap from now on; from any thread, which wakes the queue afterwards. */
  void cap(@Nullable Cap changed) {
    cap = changed;
  }

  /** Judges by these rules from now on, which nobody else does; from any thread. */
  void protection(LinkProtection changed) {
    rules = changed;
  }

  /** Goes by these flows from now on; from any thread. */
  void flows(@Nullable FlowTable changed) {
    flows = changed;
  }

  /** Lets the network know that the owner of an address is here now; from any thread. */
  void announce(long mac) {
    announcement.set(mac);
  }

  private void announce() {
    batch.clear();
    ReverseArp.addTo(batch, announcement.getAndSet(NOTHING));
    int ignored = vnic.send(pair, batch); // a link that is full loses it, as it may any frame
  }

  /** Takes up to {@code budget} chains; by the ring's owner. */
  int process(DeviceQueue queue, int budget) {
    Virtqueue ring = queue.ring();
    int done = 0;
    if (announcement.get() != NOTHING && budget > 0) {
      announce();
    }
    boolean wait = mustWait();
    if (blocked && !wait) {
      counters.increment(VnicCounter.UNBLOCKED);
    }
    blocked = wait;
    gate.use(flows);
    protection = rules;
    capture = point.current();
    batch.keepLosses(capture != null);
    try {
      while (done < budget && !blocked && gather(ring, budget - done) > 0) {
        if (pace.isOn()) {
          batch.keep(pace.admit(batch, System.nanoTime()));
        }
        int taken = batch.size() == 0 ? 0 : vnic.send(pair, batch);
        done += settle(ring, taken);
      }
    } catch (Throwable gone) {
      abandon(ring);
      throw gone;
    }
    if (done > 0) {
      queue.publish();
    }
    if (blocked && !wait) {
      counters.increment(VnicCounter.BLOCKED);
    }
    return done;
  }

  /**
   * Gives back up to {@code budget} chains of a queue that is switched off; by the ring's owner.
   */
  int discard(DeviceQueue queue, int budget) {
    blocked = false; // nothing waits here
    pushed = 0;
    popped = 0;
    Virtqueue ring = queue.ring();
    try {
      pop(ring, Math.min(budget, chains.length));
      for (int i = 0; i < popped; i++) {
        long bytes = single ? singles.length(i) : chains[i].readable().bytes();
        drops.count(Drop.QUEUE_DISABLED, Math.max(0, bytes - format.length()));
      }
      push(ring, popped);
    } catch (Throwable gone) {
      abandon(ring);
      throw gone;
    }
    if (popped > 0) {
      queue.publish();
    }
    return popped;
  }

  /** Whether what the guest sent last may not pass yet: nothing else is looked at before. */
  private boolean mustWait() {
    if (pace.isStale(cap)) {
      pace.use(cap);
    }
    return pace.isOn() && pace.mustWait(System.nanoTime());
  }

  /**
   * A full link says when it goes on, and a cap when it lets more pass; until then nothing that the
   * guest does is of interest.
   */
  boolean mayIdle(DeviceQueue queue) {
    return blocked ? !queue.isRunning() || mayWait() : queue.ring().armKicks();
  }

  private boolean mayWait() {
    return !pace.isStale(cap) && (!pace.isWaiting() || pace.mustWait(System.nanoTime()));
  }

  /** How long the queue needs no turn unless it is woken. */
  long sleepNanos() {
    boolean forCap = blocked && pace.isWaiting();
    return forCap ? Math.max(1, pace.nanos(System.nanoTime())) : Long.MAX_VALUE;
  }

  private int gather(Virtqueue ring, int limit) {
    batch.clear();
    if (capture != null) {
      gathered = System.nanoTime();
    }
    pushed = 0;
    popped = 0;
    pop(ring, Math.min(limit, chains.length));
    touch(format.length());
    plain = single && beginsPlain() && takePlain(ring);
    if (!plain) {
      judgeEach(ring);
    }
    return popped;
  }

  /** Whether the first frame looks plain; the guest may still make another of it. */
  private boolean beginsPlain() {
    long at = singles.offset(0);
    return singles.length(0) < format.length() || NetHeader.asksNothing(singles.memory(), at);
  }

  /** Takes the plain frames at the beginning, and leaves the others for later; false if none is. */
  private boolean takePlain(Virtqueue ring) {
    int header = format.length();
    int staged = batch.stageEach(singles, popped, header, mtu + VirtioNet.ETHERNET);
    int count = batch.askingNothing(staged, header);
    count =
        protection.passAtAGlance(
            batch.memory(), batch.frameAt(0), batch.stride(), batch.lengths(), count);
    if (gate.isOn()) {
      count = gate.admitEach(batch, count);
    }
    if (count == 0) {
      return false;
    }
    batch.addStaged(count);
    unpop(ring, count);
    return true;
  }

  private void judgeEach(Virtqueue ring) {
    gate.begin();
    for (int i = 0; i < popped; i++) {
      fates[i] = judge(i);
      if (capture != null && fates[i] != Verdict.PASS) {
        setAside(i);
      }
      if (fates[i] instanceof Answer) {
        // An answer ends the batch: there is one reply at a time, and it waits for its turn.
        unpop(ring, i + 1);
      }
    }
  }

  /** Keeps what a frame was judged by, until it is known that its chain goes back. */
  private void setAside(int index) {
    if (refused == null) {
      refused = new RefusedFrames(batch.room());
    }
    if (lengths[index] < VirtioNet.ETHERNET || lengths[index] > batch.longest()) {
      refused.keepNothing(index); // it was not looked at
    } else {
      refused.keep(index, batch);
    }
  }

  private void pop(Virtqueue ring, int most) {
    popped = ring.pop(singles, most, false);
    single = popped > 0;
    while (!single && popped < most && ring.pop(chains[popped])) {
      popped++;
    }
  }

  /** Undoes what was popped from chain {@code from} on. */
  private void unpop(Virtqueue ring, int from) {
    if (single && from < popped) {
      ring.unpop(singles, from, popped);
      popped = from;
    }
    while (popped > from) {
      ring.unpop(chains[--popped]);
    }
  }

  /**
   * What the guest has just written lies in another core's cache. Asked for early, the lines of a
   * whole batch are under way together; what they hold is of no interest yet.
   */
  private void touch(int header) {
    if (single) {
      singles.touch(popped, header);
      return;
    }
    long sum = 0;
    for (int i = 0; i < popped; i++) {
      Buffers data = chains[i].readable();
      sum += data.touch(0) + data.touch(header);
    }
    touched = sum;
  }

  private Enum<?> judge(int index) {
    int header = format.length();
    long bytes = (single ? singles.length(index) : chains[index].readable().bytes()) - header;
    lengths[index] = Math.max(0, bytes);
    if (bytes < VirtioNet.ETHERNET) {
      return bytes < 0 ? Drop.BAD_HEADER : Drop.TX_RUNT;
    }
    if (bytes > batch.longest()) {
      return Drop.TX_TOO_LONG;
    }
    int length = (int) bytes;
    // From here on only the copy counts: the guest may be writing to its own.
    if (single) {
      batch.stage(singles.memory(), singles.offset(index), header, length);
    } else {
      batch.stage(chains[index].readable(), header, length);
    }
    // A frame that asks for nothing is sent as it is (virtio 1.3 §5.1.6.2.1). What other fields and
    // flags say is of no meaning then.
    if (!batch.asksNothing(batch.size(), header)) {
      return judgeAsking(index, header, length);
    }
    if (length > batch.room()) {
      return Drop.TX_TOO_LONG;
    }
    if (length - VirtioNet.ETHERNET <= mtu && passesAtAGlance(length)) {
      return add(index, false);
    }
    return examine(index, length);
  }

  private boolean passesAtAGlance(int length) {
    return protection.passesAtAGlance(batch.memory(), batch.frameAt(batch.size()), length);
  }

  /** A frame that leaves its checksum or its segmentation to us. */
  private Enum<?> judgeAsking(int index, int header, int length) {
    int slot = batch.size();
    check.read(batch, slot, header);
    if (!check.isNegotiated(format.offloads())) {
      return Drop.BAD_HEADER;
    }
    wrap(length);
    if (frame.needsWhole() || batch.captured(slot) < Math.min(length, check.reach(frame))) {
      batch.capture(slot);
      wrap(length);
    }
    Drop contradiction = check.contradiction(frame);
    if (contradiction != null) {
      return contradiction;
    }
    if (check.payload(frame) > mtu) {
      return Drop.TX_TOO_LONG;
    }
    if (!passesAtAGlance(length)) {
      if (!check.isUnsegmented() && batch.captured(slot) == length) {
        check.finish(batch); // our services want to see it complete
        return examine(index, length);
      }
      // What is to be segmented is judged once: its headers are those of each segment.
      Verdict verdict = protection.check(frame);
      if (!verdict.passes()) {
        return verdict;
      }
    }
    return add(index, true);
  }

  /** Sends the frame that was staged, if its flow lets it pass. */
  private Enum<?> add(int index, boolean undone) {
    if (gate.isOn() && !gate.admit(batch, batch.size(), index)) {
      return gate.reason(index);
    }
    if (undone) {
      check.addTo(batch);
    } else {
      batch.addStaged();
    }
    return Verdict.PASS;
  }

  private Enum<?> examine(int index, int length) {
    wrap(length);
    if (frame.needsWhole()) {
      batch.capture(batch.size());
      wrap(length);
    }
    if (frame.isEthernet() && length - frame.l3Offset() > mtu) {
      return Drop.TX_TOO_LONG;
    }
    Verdict verdict = protection.check(frame);
    if (!verdict.passes()) {
      return verdict;
    }
    if (services != null) {
      Answer answer = services.answer(frame);
      if (answer.action() != Answer.Action.PASS) {
        return answer;
      }
    }
    return add(index, false);
  }

  private void wrap(int length) {
    int slot = batch.size();
    frame.wrap(batch.memory(), batch.frameAt(slot), batch.captured(slot), length);
  }

  /** Gives back all chains before the first frame that was not taken; returns how many. */
  private int settle(Virtqueue ring, int taken) {
    count(taken);
    if (capture != null) {
      record(capture, taken); // before the guest may write to its buffers again
    }
    if (taken == popped) { // nearly always: all were good, and there was room
      push(ring, popped);
    }
    int sent = 0;
    while (pushed < popped) {
      Enum<?> fate = plain ? Verdict.PASS : fates[pushed];
      if (fate != Verdict.PASS) {
        conclude(fate, lengths[pushed]);
      } else if (sent++ == taken) {
        break;
      }
      push(ring, pushed + 1);
    }
    if (gate.isOn()) {
      settleFlows();
    }
    blocked = pushed < popped;
    unpop(ring, pushed);
    return pushed;
  }

  /** Records what is about to be settled. */
  private void record(FrameCapture to, int taken) {
    long now = System.nanoTime();
    CaptureBudget budget = to.budget();
    recordEach(to, taken, budget.allows(now));
    budget.spend(now, System.nanoTime());
  }

  private void recordEach(FrameCapture to, int taken, boolean allowed) {
    int sent = 0;
    for (int i = 0; i < popped; i++) {
      Enum<?> fate = plain ? Verdict.PASS : fates[i];
      boolean passed = fate == Verdict.PASS;
      if (passed && sent == taken) {
        return;
      }
      if (!allowed) {
        to.miss(false, passed ? batch.fate(sent) : fate);
      } else if (passed) {
        to.out(gathered, pair, batch.fate(sent), batch, sent);
      } else {
        recordRefused(to, i, fate);
      }
      sent += passed ? 1 : 0;
    }
  }

  private void recordRefused(FrameCapture to, int index, Enum<?> fate) {
    if (refused == null || !to.isWanted(false, fate)) {
      return;
    }
    Buffers whole = chain;
    if (single) {
      whole.set(singles.memory(), singles.offset(index), singles.length(index));
    } else {
      whole = chains[index].readable();
    }
    int kept = refused.captured(index);
    long behind = (long) format.length() + kept;
    to.refused(
        gathered,
        pair,
        fate,
        lengths[index],
        refused.memory(),
        refused.at(index),
        kept,
        whole,
        behind);
  }

  /** Counts what has passed for its flow; what has not takes nothing from it. */
  private void settleFlows() {
    if (plain) {
      long passed = FrameBatch.first(pushed);
      gate.passed(batch, passed);
      gate.giveBack(batch, FrameBatch.first(popped) & ~passed);
      return;
    }
    for (int i = 0; i < popped; i++) {
      Enum<?> fate = fates[i];
      if (fate == Verdict.PASS) {
        if (i < pushed) {
          gate.passed(i, lengths[i]);
        } else {
          gate.giveBack(i, lengths[i]);
        }
      } else if (i < pushed && (fate == Drop.FLOW_BLOCKED || fate == Drop.FLOW_OVER_CAP)) {
        gate.dropped(i);
      }
    }
    gate.flush();
  }

  /** Gives back what was popped before chain {@code to}, and was not given back yet. */
  private void push(Virtqueue ring, int to) {
    if (single) {
      ring.push(singles, pushed, to, written);
      pushed = to;
    }
    for (; pushed < to; pushed++) {
      ring.push(chains[pushed], 0);
    }
  }

  /** Counts the first frames of the batch, which were sent, and pays for them. */
  private void count(int taken) {
    long frames = FrameBatch.first(taken);
    long bytes = batch.bytes(frames);
    counters.add(VnicCounter.OUTPUT_PACKETS, taken);
    counters.add(VnicCounter.OUTPUT_BYTES, bytes);
    if (pace.isOn()) {
      pace.spend(bytes);
    }
    for (long left = batch.multicast(frames); left != 0; left &= left - 1) {
      long to = batch.destination(Long.numberOfTrailingZeros(left));
      counters.increment(
          to == MacAddress.BROADCAST ? VnicCounter.OUTPUT_BROADCAST : VnicCounter.OUTPUT_MULTICAST);
    }
    if (NetProbes.TX.watched()) {
      for (int i = 0; i < taken; i++) {
        NetProbes.TX.fire(name, batch.length(i));
      }
    }
  }

  private void conclude(Enum<?> fate, long length) {
    switch (fate) {
      case Drop drop -> drops.count(drop, length);
      case Verdict verdict -> drops.count(verdict, length);
      case Answer answer when services != null -> services.conclude(answer);
      default -> throw new AssertionError(fate);
    }
  }

  /** Memory has gone: the ring is broken, and nothing of it in flight. */
  private void abandon(Virtqueue ring) {
    ring.fail(QueueFault.DEVICE_FAILED);
    push(ring, popped); // only counted: see Virtqueue.fail
  }

  /** Adds the counters up by name. */
  void addTo(Map<String, Long> sums) {
    counters.addTo(sums);
  }
}
