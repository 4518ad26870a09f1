package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct iovec}: a piece of memory.
 *
 * {@snippet lang=c :
 * struct iovec { void *iov_base; size_t iov_len; };
 * }
 */
public final class Iovec {
  /** 16 bytes. */
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
          ValueLayout.JAVA_LONG.withName("iov_base"), ValueLayout.JAVA_LONG.withName("iov_len"));

  public static final long iov_base$OFFSET = 0;
  public static final long iov_len$OFFSET = 8;

  /** The most pieces that the kernel takes in one call (IOV_MAX). */
  public static final int IOV_MAX = 1024;

  private Iovec() {}

  /** Sets element {@code index} of an array of iovecs. */
  public static void set(MemorySegment array, long index, long base, long length) {
    long at = index * 16;
    array.set(ValueLayout.JAVA_LONG, at, base);
    array.set(ValueLayout.JAVA_LONG, at + iov_len$OFFSET, length);
  }
}
