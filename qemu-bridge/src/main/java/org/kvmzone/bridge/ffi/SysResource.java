package org.kvmzone.bridge.ffi;

/** {@code <sys/resource.h>}: how much of the CPUs a thread gets beside others. */
public final class SysResource {
  private static final CFunction SETPRIORITY = CFunction.named("setpriority");

  private static final int PRIO_PROCESS = 0;

  private SysResource() {}

  /**
   * Sets how nice the calling thread is to others, and those will be that it starts; to Linux,
   * other than to POSIX, a thread is a process here (sched(7)).
   *
   * {@snippet lang=c :
   * int setpriority(int which, id_t who, int prio);
   * }
   *
   * @param nice 0, as threads are, to 19; less needs a privilege
   * @return what the function returns, or {@code -errno}
   */
  public static int setNice(int nice) {
    return SETPRIORITY.call(PRIO_PROCESS, 0, nice);
  }
}
