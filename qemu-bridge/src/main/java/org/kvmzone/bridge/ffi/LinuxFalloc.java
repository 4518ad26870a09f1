package org.kvmzone.bridge.ffi;

/** {@code <linux/falloc.h>}: what {@code fallocate} can do. */
public final class LinuxFalloc {
  public static final int FALLOC_FL_KEEP_SIZE = 0x01;
  public static final int FALLOC_FL_PUNCH_HOLE = 0x02;
  public static final int FALLOC_FL_ZERO_RANGE = 0x10;

  private LinuxFalloc() {}
}
