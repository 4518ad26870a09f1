package org.kvmzone.bridge.ffi;

/**
 * {@code struct xdp_desc} of {@code <linux/if_xdp.h>}: a frame in a receive or transmit ring, or a
 * part of one.
 *
 * {@snippet lang=c :
 * struct xdp_desc { __u64 addr; __u32 len; __u32 options; };
 * }
 */
public final class XdpDesc {
  /** Bytes. */
  public static final long SIZE = 16;

  public static final long addr$OFFSET = 0;
  public static final long len$OFFSET = 8;
  public static final long options$OFFSET = 12;

  private XdpDesc() {}
}
