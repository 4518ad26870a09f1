package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <signal.h>}: which signals a thread lets in. */
public final class Signal {
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

  private Signal() {}

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
