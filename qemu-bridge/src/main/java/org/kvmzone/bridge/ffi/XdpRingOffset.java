package org.kvmzone.bridge.ffi;

/**
 * {@code struct xdp_ring_offset} of {@code <linux/if_xdp.h>}: where things are in a ring's memory.
 *
 * {@snippet lang=c :
 * struct xdp_ring_offset { __u64 producer; __u64 consumer; __u64 desc; __u64 flags; };
 * }
 */
public final class XdpRingOffset {
  /** Bytes. */
  public static final long SIZE = 32;

  public static final long producer$OFFSET = 0;
  public static final long consumer$OFFSET = 8;
  public static final long desc$OFFSET = 16;
  public static final long flags$OFFSET = 24;

  private XdpRingOffset() {}
}
