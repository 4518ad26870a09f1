package org.kvmzone.net;

import java.util.Optional;
import org.kvmzone.bridge.device.Epoll;
import org.kvmzone.bridge.device.EventSource;

/** A source that stays the same for whoever waits for it, while what is behind it changes. */
final class Relay implements EventSource {
  private volatile EventSource behind;
  private Optional<Epoll> watching = Optional.empty(); // guarded by this

  Relay(EventSource first) {
    behind = first;
  }

  /** From now on another is behind it; the one before is still open. */
  synchronized void become(EventSource next) {
    watching.ifPresent(behind::unwatch);
    behind = next;
    watching.ifPresent(next::watch);
  }

  @Override
  public int fd() {
    return behind.fd();
  }

  @Override
  public synchronized void watch(Epoll epoll) {
    behind.watch(epoll);
    watching = Optional.of(epoll);
  }

  @Override
  public synchronized void unwatch(Epoll epoll) {
    watching = Optional.empty();
    behind.unwatch(epoll);
  }

  @Override
  public int poll(int budget) {
    return behind.poll(budget);
  }

  @Override
  public String toString() {
    return behind.toString();
  }
}
