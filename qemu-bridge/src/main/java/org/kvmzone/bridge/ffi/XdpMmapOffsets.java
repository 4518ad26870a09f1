package org.kvmzone.bridge.ffi;

/**
 * {@code struct xdp_mmap_offsets} of {@code <linux/if_xdp.h>}: the {@link XdpRingOffset}s of a
 * socket's four rings.
 *
 * {@snippet lang=c :
 * struct xdp_mmap_offsets {
 *   struct xdp_ring_offset rx; struct xdp_ring_offset tx;
 *   struct xdp_ring_offset fr;  // fill
 *   struct xdp_ring_offset cr;  // completion
 * };
 * }
 */
public final class XdpMmapOffsets {
  /** Bytes. */
  public static final long SIZE = 128;

  public static final long rx$OFFSET = 0;
  public static final long tx$OFFSET = 32;
  public static final long fr$OFFSET = 64;
  public static final long cr$OFFSET = 96;

  private XdpMmapOffsets() {}
}
