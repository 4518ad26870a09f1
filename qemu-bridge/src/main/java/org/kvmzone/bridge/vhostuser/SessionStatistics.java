package org.kvmzone.bridge.vhostuser;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.probe.Counters;

/** What is counted of a device's connections and queues; it outlives each of them. */
public final class SessionStatistics {
  private final Counters<SessionCounter> sessions = new Counters<>(SessionCounter.class);
  private final List<Counters<QueueCounter>> queues = new ArrayList<>();
  private final CompletableFuture<Void> used = new CompletableFuture<>();
  private volatile boolean connected;

  /** Statistics of a device with so many queues. */
  public SessionStatistics(int queueCount) {
    for (int i = 0; i < queueCount; i++) {
      queues.add(new Counters<>(QueueCounter.class));
    }
  }

  void count(SessionCounter counter) {
    sessions.add(counter, 1);
  }

  void connected(boolean now) {
    connected = now;
    if (now) {
      count(SessionCounter.CONNECTS);
    }
  }

  void ringStarted() {
    used.complete(null);
  }

  Counters<QueueCounter> queue(int index) {
    return queues.get(index);
  }

  /** Whether a front end is connected now. */
  public boolean isConnected() {
    return connected;
  }

  /** Completed when the first ring starts. */
  public CompletableFuture<Void> used() {
    return used.copy();
  }

  /** All counters by kstat name, queues added up. */
  public Map<String, Long> counters() {
    Map<String, Long> sums = new LinkedHashMap<>();
    sessions.addTo(sums);
    queues.forEach(queue -> queue.addTo(sums));
    return sums;
  }
}
