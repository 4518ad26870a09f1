package org.kvmzone.bridge.ffi;

/**
 * {@code struct io_sqring_offsets}: where things are in the memory of the submission ring.
 *
 * {@snippet lang=c :
 * struct io_sqring_offsets {
 *   __u32 head;
 *   __u32 tail;
 *   __u32 ring_mask;
 *   __u32 ring_entries;
 *   __u32 flags;
 *   __u32 dropped;
 *   __u32 array;
 *   __u32 resv1;
 *   __u64 user_addr;  // resv2 before Linux 6.5
 * };
 * }
 */
public final class IoSqringOffsets {
  /** Bytes of the structure. */
  public static final long SIZE = 40;

  public static final long head$OFFSET = 0;
  public static final long tail$OFFSET = 4;
  public static final long flags$OFFSET = 16;
  public static final long array$OFFSET = 24;

  private IoSqringOffsets() {}
}
