package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code <sys/eventfd.h>}: counters that wake. */
public final class SysEventfd {
  public static final int EFD_CLOEXEC = 0x80000;
  public static final int EFD_NONBLOCK = 0x800;

  private static final CFunction EVENTFD = CFunction.named("eventfd");

  private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_LONG, 1);

  private SysEventfd() {}

  /**
   * A counter one can read, write and wait for.
   *
   * {@snippet lang=c :
   * int eventfd(unsigned int initval, int flags);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int eventfd(int initial, int flags) {
    return EVENTFD.call(initial, flags);
  }

  /**
   * Adds one to a counter; whoever waits for it wakes. Does not wait itself: a full counter is
   * enough.
   */
  public static void signal(int fd) {
    // EAGAIN: the counter is full, so it is readable. EBADF: nobody is there to be told.
    long ignored = Unistd.write(fd, ONE.address(), 8);
  }
}
