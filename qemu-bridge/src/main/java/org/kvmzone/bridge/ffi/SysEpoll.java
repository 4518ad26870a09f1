package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <sys/epoll.h>}: waiting for many descriptors. */
public final class SysEpoll {
  public static final int EPOLL_CLOEXEC = 0x80000;
  public static final int EPOLL_CTL_ADD = 1;
  public static final int EPOLL_CTL_DEL = 2;
  public static final int EPOLL_CTL_MOD = 3;
  public static final int EPOLLIN = 1;
  public static final int EPOLLOUT = 4;
  public static final int EPOLLERR = 8;
  public static final int EPOLLHUP = 16;
  public static final int EPOLLET = 1 << 31;

  private static final MethodHandle EPOLL_CREATE1 =
      Native.capturing(
          "epoll_create1", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle EPOLL_CTL =
      Native.capturing(
          "epoll_ctl",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle EPOLL_WAIT =
      Native.capturing(
          "epoll_wait",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT));

  private SysEpoll() {}

  /**
   * An epoll instance.
   *
   * {@snippet lang=c :
   * int epoll_create1(int flags);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int epollCreate1(int flags) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) EPOLL_CREATE1.invokeExact(state, flags), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Adds, changes or removes a descriptor.
   *
   * {@snippet lang=c :
   * int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int epollCtl(int epfd, int operation, int fd, long event) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) EPOLL_CTL.invokeExact(state, epfd, operation, fd, event), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Waits for up to {@code timeout} milliseconds, -1 without end.
   *
   * {@snippet lang=c :
   * int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int epollWait(int epfd, long events, int capacity, int timeout) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result(
          (int) EPOLL_WAIT.invokeExact(state, epfd, events, capacity, timeout), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
