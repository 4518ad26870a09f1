package org.kvmzone.bridge.memory;

import org.kvmzone.bridge.ffi.Unistd;

/**
 * Memory whose file was truncated. To touch it is a SIGBUS, which the JVM turns into an {@code
 * InternalError}; but compiled code goes on until the thread's next safepoint poll, and only there
 * is the error thrown. By then a {@code try} around the access may be left, and somebody else would
 * be blamed.
 */
public final class LostMemory {
  private LostMemory() {}

  /**
   * Throws now what is due for accesses so far: the last thing to do in a {@code try} that is to
   * catch it. A return from native code is a poll, and this is the cheapest (some nanoseconds): for
   * every turn, not for every frame.
   */
  public static void report() {
    int ignored = Unistd.getpagesize();
  }
}
