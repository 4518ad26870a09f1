package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/** {@code <signal.h>}: which signals a thread lets in, and which the process ignores. */
public final class Signal {
  public static final int SIGHUP = 1;
  public static final int SIG_SETMASK = 2;

  /** The size of a {@code sigset_t}; all zero is the empty set. */
  public static final int SIGSET_SIZE = 128;

  private static final CFunction PTHREAD_SIGMASK = CFunction.named("pthread_sigmask");
  private static final CFunction SIGNAL = CFunction.named("signal");

  private static final long SIG_IGN = 1;

  private Signal() {}

  /**
   * Ignores a signal from now on, whatever the JVM does at it.
   *
   * {@snippet lang=c :
   * sighandler_t signal(int signum, sighandler_t handler);
   * }
   */
  public static void ignore(int signal) {
    int ignored = SIGNAL.call(signal, SIG_IGN); // it fails for numbers that are no signals only
  }

  /**
   * Changes which signals the calling thread blocks; what it was is not asked for.
   *
   * {@snippet lang=c :
   * int pthread_sigmask(int how, const sigset_t *set, sigset_t *oldset);
   * }
   *
   * @return 0, or {@code -errno}
   */
  public static int pthread_sigmask(int how, MemorySegment set) {
    // This one function returns its error number instead of setting errno.
    return -PTHREAD_SIGMASK.call(how, set.address());
  }
}
