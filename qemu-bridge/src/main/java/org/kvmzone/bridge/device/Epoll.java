package org.kvmzone.bridge.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.ffi.EpollEvent;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEpoll;
import org.kvmzone.bridge.ffi.Timespec;

/**
 * Descriptors that one thread waits for, edge-triggered: nothing has to be read from them for the
 * thread to sleep again. What is ready when it is added wakes the thread, too.
 */
public final class Epoll implements AutoCloseable {
  private static final int EVENTS = 64;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment events = arena.allocate(EVENTS * EpollEvent.SIZE, 8);
  private final MemorySegment timeout = arena.allocate(Timespec.SIZE, 8);
  private final Fd fd =
      new Fd(Errno.check(SysEpoll.epollCreate1(SysEpoll.EPOLL_CLOEXEC), "epoll_create1"));

  /** Nothing is waited for yet. */
  public Epoll() {}

  /**
   * Waits for input, too; from any thread.
   *
   * @throws org.kvmzone.bridge.ffi.NativeException if that cannot be waited for
   */
  public void addInput(int descriptor) {
    add(descriptor, SysEpoll.EPOLLIN);
  }

  /**
   * Waits for input, and for output to be possible again, too; from any thread.
   *
   * @throws org.kvmzone.bridge.ffi.NativeException if that cannot be waited for
   */
  public void add(int descriptor) {
    add(descriptor, SysEpoll.EPOLLIN | SysEpoll.EPOLLOUT);
  }

  private void add(int descriptor, int wanted) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment event = local.allocate(EpollEvent.SIZE, 8);
      EpollEvent.set(event, wanted | SysEpoll.EPOLLET, descriptor);
      Errno.check(
          SysEpoll.epollCtl(fd.number(), SysEpoll.EPOLL_CTL_ADD, descriptor, event.address()),
          "epoll_ctl add of descriptor " + descriptor);
    }
  }

  /** Waits for a descriptor no more, if it did; from any thread. */
  public void remove(int descriptor) {
    // Fails only if the descriptor is not waited for: one that was closed is not, either.
    int ignored = SysEpoll.epollCtl(fd.number(), SysEpoll.EPOLL_CTL_DEL, descriptor, 0);
  }

  /**
   * Sleeps until something is ready, and forgets what; by the thread.
   *
   * @param nanos how long at most, 0 and up; {@link Long#MAX_VALUE} for ever
   */
  void await(long nanos) {
    int result = -Errno.ENOSYS;
    if (nanos != Long.MAX_VALUE) {
      Timespec.set(timeout, nanos);
      result = SysEpoll.epollPwait2(fd.number(), events.address(), EVENTS, timeout.address());
    }
    if (result == -Errno.ENOSYS) {
      int ignored = SysEpoll.epollWait(fd.number(), events.address(), EVENTS, milliseconds(nanos));
    }
  }

  /** For epoll_wait: rounded up, so that nobody is woken before there is something to do. */
  private static int milliseconds(long nanos) {
    if (nanos == Long.MAX_VALUE) {
      return -1;
    }
    return (int) Math.min(Integer.MAX_VALUE, Math.ceilDiv(nanos, 1_000_000L));
  }

  /** Nobody waits any more. */
  @Override
  public void close() {
    fd.close();
    arena.close();
  }
}
