package org.kvmzone.bridge.ffi;

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

  public static final long SYS_epoll_pwait2 = 441;

  private static final CFunction EPOLL_CREATE1 = CFunction.named("epoll_create1");
  private static final CFunction EPOLL_CTL = CFunction.named("epoll_ctl");
  private static final CFunction EPOLL_WAIT = CFunction.named("epoll_wait");

  private static final CFunction SYSCALL = CFunction.named("syscall");

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
    return EPOLL_CREATE1.call(flags);
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
    return EPOLL_CTL.call(epfd, operation, fd, event);
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
    return EPOLL_WAIT.call(epfd, events, capacity, timeout);
  }

  /**
   * Waits for up to {@code timeout}, a {@link Timespec}. A system call, since the C library has had
   * the function from glibc 2.35 on only; Linux has it from 5.11 on. There is no signal mask; so
   * its size, for which a {@link CFunction} has no room, is not looked at.
   *
   * {@snippet lang=c :
   * int epoll_pwait2(int epfd, struct epoll_event *events, int maxevents,
   *                  const struct timespec *timeout, const sigset_t *sigmask, size_t sigsetsize);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int epollPwait2(int epfd, long events, int capacity, long timeout) {
    return (int) SYSCALL.callLong(SYS_epoll_pwait2, epfd, events, capacity, timeout, 0);
  }
}
