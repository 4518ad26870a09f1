package org.kvmzone.bridge.ffi;

/**
 * {@code struct statfs} of {@code <sys/vfs.h>} (64-bit layout).
 *
 * {@snippet lang=c :
 * struct statfs { __fsword_t f_type; __fsword_t f_bsize; };  // and more that is not used here
 * }
 */
public final class Statfs {
  /** Bytes of the structure. */
  public static final long SIZE = 120;

  public static final long f_type$OFFSET = 0;
  public static final long f_bsize$OFFSET = 8;

  private Statfs() {}
}
