package org.kvmzone.bridge.ffi;

/**
 * {@code struct io_uring_cqe}: what became of something that was asked for.
 *
 * {@snippet lang=c :
 * struct io_uring_cqe { __u64 user_data; __s32 res; __u32 flags; };
 * }
 */
public final class IoUringCqe {
  /** Bytes of the structure. */
  public static final long SIZE = 16;

  public static final long user_data$OFFSET = 0;
  public static final long res$OFFSET = 8;

  private IoUringCqe() {}
}
