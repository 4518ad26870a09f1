package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/** {@code <sched.h>}: on which CPUs a thread may run, and in which namespaces. */
public final class Sched {
  /** Of the kinds of namespaces, the network's. */
  public static final int CLONE_NEWNET = 0x4000_0000;

  private static final CFunction SETNS = CFunction.named("setns");
  private static final CFunction SCHED_SETAFFINITY = CFunction.named("sched_setaffinity");
  private static final CFunction SCHED_GETAFFINITY = CFunction.named("sched_getaffinity");

  private Sched() {}

  /**
   * Lets a thread run on these CPUs only; those that the kernel does not let it have are ignored.
   *
   * {@snippet lang=c :
   * int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask);
   * }
   *
   * @param tid a thread's id, 0 for the caller's own
   * @param mask CPU n is bit n % 64 of the word n / 64
   * @return what the function returns, or {@code -errno}
   */
  public static int schedSetaffinity(int tid, MemorySegment mask) {
    return SCHED_SETAFFINITY.call(tid, mask.byteSize(), mask.address());
  }

  /**
   * On which CPUs a thread may run.
   *
   * {@snippet lang=c :
   * int sched_getaffinity(pid_t pid, size_t cpusetsize, cpu_set_t *mask);
   * }
   *
   * @param tid a thread's id, 0 for the caller's own
   * @param mask filled, as for {@link #schedSetaffinity}; at least as long as the kernel's
   * @return what the function returns, or {@code -errno}
   */
  public static int schedGetaffinity(int tid, MemorySegment mask) {
    return SCHED_GETAFFINITY.call(tid, mask.byteSize(), mask.address());
  }

  /**
   * Moves the calling thread, and no other, into a namespace.
   *
   * {@snippet lang=c :
   * int setns(int fd, int nstype);
   * }
   *
   * @param fd of a file in {@code /proc/PID/ns}
   * @return what the function returns, or {@code -errno}
   */
  public static int setns(int fd, int type) {
    return SETNS.call(fd, type);
  }
}
