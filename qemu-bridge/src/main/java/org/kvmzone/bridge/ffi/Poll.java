package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <poll.h>}: waiting for a few descriptors. */
public final class Poll {
  public static final int POLLIN = 1;
  public static final int POLLOUT = 4;
  public static final int POLLERR = 8;
  public static final int POLLHUP = 16;

  private static final MethodHandle POLL =
      Native.capturing(
          "poll",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

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
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) POLL.invokeExact(state, fds, count, timeout), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
