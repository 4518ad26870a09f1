package org.kvmzone.bridge.ffi;

/** {@code <poll.h>}: waiting for a few descriptors. */
public final class Poll {
  public static final int POLLIN = 1;
  public static final int POLLOUT = 4;
  public static final int POLLERR = 8;
  public static final int POLLHUP = 16;

  private static final CFunction POLL = CFunction.named("poll");

  private Poll() {}

  /**
   * Waits for up to {@code timeout} milliseconds, -1 without end.
   *
   * {@snippet lang=c :
   * int poll(struct pollfd *fds, nfds_t nfds, int timeout);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int poll(long fds, long count, int timeout) {
    return POLL.call(fds, count, timeout);
  }
}
