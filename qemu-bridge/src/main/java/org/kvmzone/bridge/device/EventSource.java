package org.kvmzone.bridge.device;

/**
 * A descriptor from which a device gets work without a kick: a tap, a completion queue. It wakes
 * the thread when there is input, and when output is possible again (edge-triggered both); while
 * the thread has much to do, it does not, but is looked at in each turn.
 */
public interface EventSource {
  /** The descriptor to wait on. */
  int fd();

  /**
   * Does up to about {@code budget} units of work.
   *
   * @return how much was done; the thread sleeps only after 0
   */
  int poll(int budget);

  /**
   * Has the descriptor wake the thread from now on, which it did not.
   *
   * @throws org.kvmzone.bridge.ffi.NativeException if it cannot be waited for
   */
  default void watch(Epoll epoll) {
    epoll.add(fd());
  }

  /** Has the descriptor wake the thread no more, if it did. */
  default void unwatch(Epoll epoll) {
    epoll.remove(fd());
  }
}
