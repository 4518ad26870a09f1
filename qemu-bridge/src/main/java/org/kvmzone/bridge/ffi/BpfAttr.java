package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * {@code union bpf_attr} of {@code <linux/bpf.h>}: what a command of bpf(2) is told.
 *
 * {@snippet lang=c :
 * union bpf_attr {
 *   struct { __u32 map_type; __u32 key_size; __u32 value_size; __u32 max_entries; };
 *   struct { __u32 map_fd; __aligned_u64 key; __aligned_u64 value; __u64 flags; };
 *   struct {
 *     __u32 prog_type; __u32 insn_cnt; __aligned_u64 insns; __aligned_u64 license;
 *     __u32 log_level; __u32 log_size; __aligned_u64 log_buf; __u32 kern_version;
 *     __u32 prog_flags;
 *   };
 *   struct {
 *     __u32 prog_fd; __u32 target_ifindex; __u32 attach_type; __u32 flags;
 *   } link_create;
 * };  // and more that is not used here
 * }
 */
public final class BpfAttr {
  // BPF_MAP_CREATE
  public static final long map_type$OFFSET = 0;
  public static final long key_size$OFFSET = 4;
  public static final long value_size$OFFSET = 8;
  public static final long max_entries$OFFSET = 12;

  // BPF_MAP_UPDATE_ELEM
  public static final long map_fd$OFFSET = 0;
  public static final long key$OFFSET = 8;
  public static final long value$OFFSET = 16;

  // BPF_PROG_LOAD
  public static final long prog_type$OFFSET = 0;
  public static final long insn_cnt$OFFSET = 4;
  public static final long insns$OFFSET = 8;
  public static final long license$OFFSET = 16;
  public static final long prog_flags$OFFSET = 44;

  // BPF_LINK_CREATE
  public static final long link_create$prog_fd$OFFSET = 0;
  public static final long link_create$target_ifindex$OFFSET = 4;
  public static final long link_create$attach_type$OFFSET = 8;
  public static final long link_create$flags$OFFSET = 12;

  /** As much as is used; what is behind it is zero to a kernel that knows more. */
  private static final int BYTES = 64;

  private BpfAttr() {}

  /** All zero. */
  public static MemorySegment allocate(SegmentAllocator allocator) {
    return allocator.allocate(BYTES, 8);
  }
}
