package org.kvmzone.net;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.kvmzone.packet.Frame;

/**
 * What one queue lets pass by the flows of its VNIC: first a frame is let in, then it is settled,
 * or given back if it has to wait after all. Of the ring's owner. Of what the guest sends, the
 * batch is told which frames have a flow with a priority of its own.
 */
@SuppressWarnings("ReferenceEquality") // flows are compared as the objects that they are
final class FlowGate {
  /** The place of a frame of no batch. */
  static final int ALONE = FrameBatch.MAX_FRAMES;

  private final boolean outgoing;
  private final Frame view = new Frame();
  private final @Nullable Flow[] flows = new @Nullable Flow[FrameBatch.MAX_FRAMES + 1];
  private @Nullable FlowTable table;
  private boolean ranks; // there are priorities that the batch is to be told
  private boolean alike; // all frames of the batch are of the first one's flow
  private long now;

  private @Nullable Flow counted; // what is not yet added to its counts
  private long packets;
  private long bytes;

  /** A gate without flows; {@code outgoing} if the guest sends through it. */
  FlowGate(boolean outgoing) {
    this.outgoing = outgoing;
  }

  /** Goes by these flows from now on; while no frame is let in that is not settled. */
  void use(@Nullable FlowTable current) {
    if (table != current) {
      table = current;
      ranks = outgoing && current != null && current.isRanked();
      Arrays.fill(flows, null);
    }
  }

  /** Whether there are flows. */
  boolean isOn() {
    return table != null;
  }

  /** Looks at the clock, if that matters; before each batch. */
  void begin() {
    if (table != null && table.isLimited()) {
      now = System.nanoTime();
    }
  }

  /**
   * Lets a frame in.
   *
   * @param place by which it is settled
   * @return whether it may pass
   */
  boolean admit(FrameBatch batch, int frame, int place) {
    @Nullable Flow flow = table == null ? null : table.find(batch, frame, outgoing, view);
    flows[place] = flow;
    if (flow == null) {
      return true;
    }
    boolean admitted = flow.tryTake(outgoing, batch.length(frame), now);
    if (ranks && admitted) {
      rank(batch, frame, flow);
    }
    return admitted;
  }

  private static void rank(FrameBatch batch, int frame, Flow flow) {
    Priority priority = flow.priority();
    if (priority != null) {
      batch.rank(frame, priority);
    }
  }

  /**
   * Lets in frames of a batch, whose numbers are their places, too.
   *
   * @param frames a bit for each
   * @return those that may pass
   */
  long admit(FrameBatch batch, long frames) {
    FlowTable current = table;
    if (current == null) {
      return frames;
    }
    alike = current.findEach(batch, frames, outgoing, view, flows);
    long admitted = 0;
    for (long left = frames; left != 0; ) {
      long run = run(left);
      admitted |= admitRun(batch, run);
      left &= ~run;
    }
    return admitted;
  }

  /**
   * Lets in the first frames of a batch, whose numbers are their places, too.
   *
   * @return how many, up to the first that may not pass
   */
  int admitEach(FrameBatch batch, int count) {
    begin();
    long admitted = admit(batch, FrameBatch.first(count));
    int passing = Math.min(count, Long.numberOfTrailingZeros(~admitted));
    giveBack(batch, admitted & ~FrameBatch.first(passing));
    if (ranks) {
      rankEach(batch, passing);
    }
    return passing;
  }

  private void rankEach(FrameBatch batch, int count) {
    for (int i = 0; i < count; i++) {
      Flow flow = flows[i];
      if (flow != null) {
        rank(batch, i, flow);
      }
    }
  }

  /** The first of some frames, and those that follow it and are of the same flow. */
  private long run(long frames) {
    if (alike) {
      return frames;
    }
    Flow first = flows[Long.numberOfTrailingZeros(frames)];
    long left = frames & (frames - 1);
    while (left != 0 && flows[Long.numberOfTrailingZeros(left)] == first) {
      left &= left - 1;
    }
    return frames & ~left;
  }

  /** Frames of one flow mostly may all pass: then it is asked once. */
  private long admitRun(FrameBatch batch, long frames) {
    Flow flow = flows[Long.numberOfTrailingZeros(frames)];
    if (flow == null || flow.tryTakeAll(outgoing, batch.bytes(frames), now)) {
      return frames;
    }
    long admitted = 0;
    for (long left = frames; left != 0; left &= left - 1) {
      if (flow.tryTake(outgoing, batch.length(Long.numberOfTrailingZeros(left)), now)) {
        admitted |= Long.lowestOneBit(left);
      }
    }
    return admitted;
  }

  /** Why the frame at a place that was not let in is dropped. */
  Drop reason(int place) {
    Flow flow = flows[place];
    return flow != null && flow.blocks() ? Drop.FLOW_BLOCKED : Drop.FLOW_OVER_CAP;
  }

  /** The frame at a place has passed. */
  void passed(int place, long length) {
    Flow flow = flows[place];
    if (flow != counted) {
      flush();
      counted = flow;
    }
    packets++;
    bytes += length;
  }

  /** Frames of a batch, whose numbers are their places, have passed. */
  void passed(FrameBatch batch, long frames) {
    for (long left = frames; left != 0; ) {
      long run = run(left);
      Flow flow = flows[Long.numberOfTrailingZeros(left)];
      if (flow != null) {
        flow.passed(outgoing, Long.bitCount(run), batch.bytes(run));
      }
      left &= ~run;
    }
  }

  /** The frame at a place, which was not let in, is dropped. */
  void dropped(int place) {
    Flow flow = flows[place];
    if (flow != null) {
      flow.dropped(outgoing);
    }
  }

  /** The frame at a place was let in, and does not pass now. */
  void giveBack(int place, long length) {
    Flow flow = flows[place];
    if (flow != null) {
      flow.giveBack(outgoing, length);
    }
  }

  /** Frames of a batch, whose numbers are their places, were let in, and do not pass now. */
  void giveBack(FrameBatch batch, long frames) {
    for (long left = frames; left != 0; left &= left - 1) {
      int frame = Long.numberOfTrailingZeros(left);
      giveBack(frame, batch.length(frame));
    }
  }

  /** Adds what has passed to its flow's counts. */
  void flush() {
    if (counted != null && packets != 0) {
      counted.passed(outgoing, packets, bytes);
    }
    counted = null;
    packets = 0;
    bytes = 0;
  }
}
