package org.kvmzone.net;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.kvmzone.packet.Frame;

/**
 * What one queue lets pass by the flows of its VNIC: first a frame is let in, then it is settled,
 * or given back if it has to wait after all. Of the ring's owner.
 */
@SuppressWarnings("ReferenceEquality") // flows are compared as the objects that they are
final class FlowGate {
  /** The place of a frame of no batch. */
  static final int ALONE = FrameBatch.MAX_FRAMES;

  private final boolean outgoing;
  private final Frame view = new Frame();
  private final @Nullable Flow[] flows = new @Nullable Flow[FrameBatch.MAX_FRAMES + 1];
  private @Nullable FlowTable table;
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
    return flow == null || flow.tryTake(outgoing, batch.length(frame), now);
  }

  /**
   * Lets in the first frames of a batch, which are their places, too.
   *
   * @return how many, up to the first that may not pass
   */
  int admitEach(FrameBatch batch, int count) {
    begin();
    for (int i = 0; i < count; i++) {
      if (!admit(batch, i, i)) {
        return i;
      }
    }
    return count;
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
