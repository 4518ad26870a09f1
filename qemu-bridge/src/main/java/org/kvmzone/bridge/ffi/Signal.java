package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <signal.h>}: which signals a thread lets in, and which the process ignores. */
public final class Signal {
  public static final int SIGHUP = 1;
  public static final int SIG_SETMASK = 2;

  /** The size of a {@code sigset_t}; all zero is the empty set. */
  public static final int SIGSET_SIZE = 128;

  private static final MethodHandle PTHREAD_SIGMASK =
      Native.plain(
          "pthread_sigmask",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS));

  private static final MethodHandle SIGNAL =
      Native.plain(
          "signal",
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

  /** SIG_IGN, which C has as a pointer. */
  private static final MemorySegment IGNORE = MemorySegment.ofAddress(1);

  private Signal() {}

  /**
   * Ignores a signal from now on, whatever the JVM does at it.
   *
   * {@snippet lang=c :
   * sighandler_t signal(int signum, sighandler_t handler);
   * }
   */
  public static void ignore(int signal) {
    try {
      // It fails for numbers that are no signals only.
      var _ = (MemorySegment) SIGNAL.invokeExact(signal, IGNORE);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
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
    try {
      // This one function returns its error number instead of setting errno.
      return -(int) PTHREAD_SIGMASK.invokeExact(how, set, MemorySegment.NULL);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
