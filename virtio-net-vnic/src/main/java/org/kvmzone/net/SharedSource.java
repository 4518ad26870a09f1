package org.kvmzone.net;

import org.kvmzone.bridge.device.Epoll;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.VirtioDevice;

/**
 * Where a device's frames come from, which gets no more of a turn than the device.
 *
 * @param source does the work
 * @param device whose it is
 */
record SharedSource(EventSource source, VirtioDevice device) implements EventSource {
  @Override
  public int fd() {
    return source.fd();
  }

  @Override
  public void watch(Epoll epoll) {
    source.watch(epoll);
  }

  @Override
  public void unwatch(Epoll epoll) {
    source.unwatch(epoll);
  }

  @Override
  public int poll(int budget) {
    return source.poll(budget * device.share() / VirtioDevice.FULL_SHARE);
  }

  @Override
  public String toString() {
    return source.toString();
  }
}
