package org.kvmzone.bridge.ffi;

/**
 * {@code struct io_uring_sqe}: something that is asked for, as reads and writes use it.
 *
 * {@snippet lang=c :
 * struct io_uring_sqe {
 *   __u8 opcode;
 *   __u8 flags;
 *   __u16 ioprio;
 *   __s32 fd;
 *   __u64 off;
 *   __u64 addr;
 *   __u32 len;
 *   __u32 rw_flags;
 *   __u64 user_data;
 *   __u64 other[3];  // of no use to reads and writes
 * };
 * }
 */
public final class IoUringSqe {
  /** Bytes of the structure. */
  public static final long SIZE = 64;

  public static final long opcode$OFFSET = 0;
  public static final long fd$OFFSET = 4;
  public static final long off$OFFSET = 8;
  public static final long addr$OFFSET = 16;
  public static final long len$OFFSET = 24;
  public static final long user_data$OFFSET = 32;

  private IoUringSqe() {}
}
