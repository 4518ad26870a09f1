package org.kvmzone.net;

import java.util.List;
import org.kvmzone.bridge.device.EventSource;

/**
 * A network that sends each frame back to where it came from, its two MAC addresses swapped (the
 * echo service of RFC 862, for frames). What a guest can send and receive at most.
 */
final class EchoVnic implements Vnic {
  private final VnicClient client;

  EchoVnic(VnicClient client) {
    this.client = client;
  }

  @Override
  public int send(int queue, FrameBatch batch) {
    batch.swapAddresses();
    client.receive(queue, batch, batch.all());
    return batch.size();
  }

  @Override
  public List<EventSource> sources(int queue) {
    return List.of();
  }

  @Override
  public void close() {}
}
