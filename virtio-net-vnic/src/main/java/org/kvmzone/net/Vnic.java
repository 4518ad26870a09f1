package org.kvmzone.net;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.kvmzone.bridge.device.EventSource;

/**
 * A port on a network: where a guest's frames go, and where those for it come from. It is made with
 * the {@link VnicClient} to whom it hands what arrives, on whatever thread it arrives.
 *
 * <p>Neither direction ever waits. What the link below does not take for the moment stays in the
 * guest's ring; what it refuses, the VNIC counts and drops.
 */
interface Vnic extends AutoCloseable {
  /**
   * Sends the frames of a batch in their order. Called by one thread at a time for each queue, by
   * several for different ones. The batch is not used after the return.
   *
   * @param queue the pair of queues that the frames come from, 0 and up
   * @return how many were taken, from the first on; for the rest try again when {@link
   *     VnicClient#writable} is called
   */
  int send(int queue, FrameBatch batch);

  /** What this network takes of a guest's frames undone; what it does not is not offered. */
  default Offloads offloads() {
    return Offloads.EVERY;
  }

  /** What the guest has negotiated from now on; called while none of its queues is served. */
  default void negotiated(Offloads guest) {}

  /** What has to be polled so that frames arrive, by the thread of receive queue {@code queue}. */
  List<EventSource> sources(int queue);

  /** Adds up by name what is counted of the network besides the guest's own frames. */
  default void addTo(Map<String, Long> sums) {}

  /**
   * Has somebody told, by any thread, when the link below goes down, and when it is up again; what
   * is never told of is up.
   */
  default void onLink(Consumer<Boolean> told) {}

  /** Leaves the network; no frame arrives afterwards but those that are being handed over. */
  @Override
  void close();
}
