package org.kvmzone.bridge.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** What the calling thread allocates on the heap. */
public final class Allocation {
  /**
   * The JDK's own slice of the segment that a system call leaves its errno in. The compiler does
   * away with it where all of the call is inlined, which is not so in each life of a process.
   */
  public static final long BYTES_PER_SYSTEM_CALL = 40;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocation() {}

  /** Bytes that this thread has allocated so far. */
  public static long soFar() {
    return THREADS.getCurrentThreadAllocatedBytes();
  }

  /**
   * The least that this work allocates. How soon the compiler is done is not ours to say: the work
   * is repeated until it allocates no more than {@code enough}, or a minute has passed.
   *
   * @param work does it once, and returns the bytes that it allocated
   */
  public static long least(long enough, LongSupplier work) {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    long least = Long.MAX_VALUE;
    do {
      least = Math.min(least, work.getAsLong());
    } while (least > enough && System.nanoTime() < end);
    return least;
  }
}
