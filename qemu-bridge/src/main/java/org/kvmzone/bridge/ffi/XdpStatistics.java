package org.kvmzone.bridge.ffi;

/**
 * {@code struct xdp_statistics} of {@code <linux/if_xdp.h>}: what a socket has lost.
 *
 * {@snippet lang=c :
 * struct xdp_statistics {
 *   __u64 rx_dropped; __u64 rx_invalid_descs; __u64 tx_invalid_descs;
 *   __u64 rx_ring_full; __u64 rx_fill_ring_empty_descs; __u64 tx_ring_empty_descs;
 * };
 * }
 */
public final class XdpStatistics {
  /** Bytes. */
  public static final long SIZE = 48;

  public static final long rx_dropped$OFFSET = 0;
  public static final long tx_invalid_descs$OFFSET = 16;
  public static final long rx_ring_full$OFFSET = 24;
  public static final long rx_fill_ring_empty_descs$OFFSET = 32;

  private XdpStatistics() {}
}
