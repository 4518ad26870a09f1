package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.Pages;

/**
 * A network on which nobody is: each frame is read whole, as any link would read it, and thrown
 * away (the discard service of RFC 863, for frames). What a guest can send at most.
 */
final class DiscardVnic implements Vnic {
  private final MemorySegment[] read;

  /**
   * A VNIC of nobody.
   *
   * @param queues pairs of queues
   */
  DiscardVnic(int queues) {
    read = new MemorySegment[queues];
    Arrays.setAll(read, i -> Pages.allocate(VirtioNet.LONGEST_UNSEGMENTED, Arena.ofAuto()));
  }

  @Override
  public int send(int queue, FrameBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      if (batch.captured(i) < batch.length(i)) {
        Buffers rest = batch.rest(i);
        rest.copyTo(0, read[queue], 0, rest.bytes());
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
