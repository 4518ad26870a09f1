package org.kvmzone.bridge.vhostuser;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.probe.Counters;

/** What is counted of a device's connections and queues; it outlives each of them. */
public final class SessionStatistics {
  private final Counters<SessionCounter> sessions = new Counters<>(SessionCounter.class);
  private final List<Counters<QueueCounter>> queues = new ArrayList<>();
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

  Counters<QueueCounter> queue(int index) {
    return queues.get(index);
  }

  /** Whether a front end is connected now. */
  public boolean isConnected() {
    return connected;
  }

  /** All counters by kstat name, queues added up. */
  public Map<String, Long> counters() {
    Map<String, Long> sums = new LinkedHashMap<>();
    sessions.addTo(sums);
    queues.forEach(queue -> queue.addTo(sums));
    return sums;
  }
}
