package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct timespec}, where time_t and long have 64 bits.
 *
 * {@snippet lang=c :
 * struct timespec { time_t tv_sec; long tv_nsec; };
 * }
 */
public final class Timespec {
  /** Bytes of one. */
  public static final long SIZE = 16;

  public static final long tv_sec$OFFSET = 0;
  public static final long tv_nsec$OFFSET = 8;

  private static final long SECOND = 1_000_000_000;

  private Timespec() {}

  /** Sets it to so many nanoseconds, 0 and up. */
  public static void set(MemorySegment timespec, long nanos) {
    timespec.set(ValueLayout.JAVA_LONG, tv_sec$OFFSET, nanos / SECOND);
    timespec.set(ValueLayout.JAVA_LONG, tv_nsec$OFFSET, nanos % SECOND);
  }
}
