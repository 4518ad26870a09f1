package org.kvmzone.net;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the queues of a VNIC are held to at present. Of the control path, but for {@link #flows}.
 */
final class TrafficControl {
  private final ReceiveQueue[] receivers;
  private final TransmitQueue[] senders;
  private Optional<Bandwidth> maxbw = Optional.empty();
  private @Nullable Cap in;
  private @Nullable Cap out;
  private volatile @Nullable FlowTable flows;

  /** Nothing yet. */
  TrafficControl(ReceiveQueue[] receivers, TransmitQueue[] senders) {
    this.receivers = receivers.clone();
    this.senders = senders.clone();
  }

  /**
   * Holds the queues to this from now on. What does not change goes on as it is, with what was
   * taken from it.
   *
   * @param wake makes a pair's transmit queue look what has changed
   */
  synchronized void follow(TrafficConfig traffic, VnicClient wake) {
    long now = System.nanoTime();
    if (!traffic.maxbw().equals(maxbw)) {
      maxbw = traffic.maxbw();
      in = maxbw.map(most -> new Cap(most, now)).orElse(null);
      out = maxbw.map(most -> new Cap(most, now)).orElse(null);
    }
    FlowTable table = traffic.flows().isEmpty() ? null : new FlowTable(traffic.flows(), flows, now);
    for (int i = 0; i < senders.length; i++) {
      receivers[i].flows(table);
      receivers[i].cap(in);
      receivers[i].wake();
      senders[i].flows(table);
      senders[i].cap(out);
      wake.writable(i);
    }
    flows = table;
  }

  /** The flows; null if there are none. */
  @Nullable FlowTable flows() {
    return flows;
  }
}
