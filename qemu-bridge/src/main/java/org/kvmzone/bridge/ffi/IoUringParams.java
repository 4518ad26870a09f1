package org.kvmzone.bridge.ffi;

/**
 * {@code struct io_uring_params}: what is wanted of a ring, and what became of it.
 *
 * {@snippet lang=c :
 * struct io_uring_params {
 *   __u32 sq_entries;
 *   __u32 cq_entries;
 *   __u32 flags;
 *   __u32 sq_thread_cpu;
 *   __u32 sq_thread_idle;
 *   __u32 features;
 *   __u32 wq_fd;
 *   __u32 resv[3];
 *   struct io_sqring_offsets sq_off;
 *   struct io_cqring_offsets cq_off;
 * };
 * }
 */
public final class IoUringParams {
  /** Bytes of the structure. */
  public static final long SIZE = 120;

  public static final long sq_entries$OFFSET = 0;
  public static final long cq_entries$OFFSET = 4;
  public static final long flags$OFFSET = 8;
  public static final long features$OFFSET = 20;
  public static final long sq_off$OFFSET = 40;
  public static final long cq_off$OFFSET = 80;

  private IoUringParams() {}
}
