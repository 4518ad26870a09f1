package org.kvmzone.bridge.memory;

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
   * catch it. A return from native code is a poll: some 20 ns, for every turn, not for every frame.
   * It is a native method of the JDK rather than a function of the C library, because that needs an
   * object for errno whenever the compiler does not see that it is thrown away.
   */
  public static void report() {
    long ignored = Runtime.getRuntime().maxMemory();
  }
}
