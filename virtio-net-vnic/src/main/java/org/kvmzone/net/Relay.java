package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.EpollEvent;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEpoll;

/** A source that stays the same for whoever waits for it, while what is behind it changes. */
final class Relay implements EventSource, AutoCloseable {
  private final Fd epoll =
      new Fd(Errno.check(SysEpoll.epollCreate1(SysEpoll.EPOLL_CLOEXEC), "epoll_create1"));
  private volatile EventSource behind;

  Relay(EventSource first) {
    behind = first;
    watch(first.fd());
  }

  /** From now on another is behind it; the one before is closed, and so waited for no more. */
  void become(EventSource next) {
    behind = next;
    watch(next.fd());
  }

  private void watch(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(EpollEvent.SIZE, 8);
      EpollEvent.set(event, SysEpoll.EPOLLIN | SysEpoll.EPOLLOUT | SysEpoll.EPOLLET, fd);
      int added = SysEpoll.epollCtl(epoll.number(), SysEpoll.EPOLL_CTL_ADD, fd, event.address());
      Errno.check(added, "epoll_ctl add of descriptor " + fd);
    }
  }

  @Override
  public int fd() {
    return epoll.number();
  }

  @Override
  public int poll(int budget) {
    return behind.poll(budget);
  }

  @Override
  public void close() {
    epoll.close();
  }

  @Override
  public String toString() {
    return behind.toString();
  }
}
