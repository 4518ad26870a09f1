package org.kvmzone.bridge.ffi;

/**
 * {@code struct io_cqring_offsets}: where things are in the memory of the completion ring.
 *
 * {@snippet lang=c :
 * struct io_cqring_offsets {
 *   __u32 head;
 *   __u32 tail;
 *   __u32 ring_mask;
 *   __u32 ring_entries;
 *   __u32 overflow;
 *   __u32 cqes;
 *   __u32 flags;
 *   __u32 resv1;
 *   __u64 user_addr;  // resv2 before Linux 6.5
 * };
 * }
 */
public final class IoCqringOffsets {
  /** Bytes of the structure. */
  public static final long SIZE = 40;

  public static final long head$OFFSET = 0;
  public static final long tail$OFFSET = 4;
  public static final long cqes$OFFSET = 20;
  public static final long flags$OFFSET = 24;

  private IoCqringOffsets() {}
}
