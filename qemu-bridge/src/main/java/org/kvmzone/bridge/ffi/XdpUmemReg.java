package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct xdp_umem_reg} of {@code <linux/if_xdp.h>}: the memory that a socket's frames are
 * in. Newer kernels know a field more behind {@code flags}, and take the structure without it.
 *
 * {@snippet lang=c :
 * struct xdp_umem_reg {
 *   __u64 addr; __u64 len; __u32 chunk_size; __u32 headroom; __u32 flags;
 * };
 * }
 */
public final class XdpUmemReg {
  public static final long addr$OFFSET = 0;
  public static final long len$OFFSET = 8;
  public static final long chunk_size$OFFSET = 16;

  private static final int BYTES = 32;

  private XdpUmemReg() {}

  /**
   * Memory in chunks.
   *
   * @param memory begins at a page
   * @param chunk bytes, a power of two up to a page
   */
  public static MemorySegment of(SegmentAllocator allocator, MemorySegment memory, int chunk) {
    MemorySegment request = allocator.allocate(BYTES, 8);
    request.set(ValueLayout.JAVA_LONG, addr$OFFSET, memory.address());
    request.set(ValueLayout.JAVA_LONG, len$OFFSET, memory.byteSize());
    request.set(ValueLayout.JAVA_INT, chunk_size$OFFSET, chunk);
    return request;
  }
}
