package org.kvmzone.net;

import java.util.List;
import org.kvmzone.bridge.device.EventSource;

/**
 * A network on which nobody is: each frame is read whole, as any link would read it, and thrown
 * away (the discard service of RFC 863, for frames). What a guest can send at most.
 */
final class DiscardVnic implements Vnic {
  private final FrameBatch[] read;

  /**
   * A VNIC for frames up to an MTU.
   *
   * @param queues pairs of queues
   */
  DiscardVnic(int queues, int mtu) {
    read = new FrameBatch[queues];
    for (int i = 0; i < queues; i++) {
      read[i] = new FrameBatch(1, mtu + VirtioNet.OVERHEAD);
    }
  }

  @Override
  public int send(int queue, FrameBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      if (batch.captured(i) < batch.length(i)) {
        read[queue].setCopy(0, batch, i);
      }
    }
    return batch.size();
  }

  @Override
  public List<EventSource> sources(int queue) {
    return List.of();
  }

  @Override
  public void close() {}
}
