package org.kvmzone.bridge.ffi;

/** {@code <linux/if_xdp.h>}: sockets that share memory with a link's queue, AF_XDP. */
public final class LinuxIfXdp {
  /** Frames are copied between the driver's memory and ours. */
  public static final int XDP_COPY = 1 << 1;

  /** The driver receives to our memory, and sends from it. */
  public static final int XDP_ZEROCOPY = 1 << 2;

  /** The kernel says in a ring's flags when it wants to be called for it. */
  public static final int XDP_USE_NEED_WAKEUP = 1 << 3;

  /** Frames may be in several chunks each; from Linux 6.6. */
  public static final int XDP_USE_SG = 1 << 4;

  /** In a descriptor's options: the frame goes on in the descriptor behind it. */
  public static final int XDP_PKT_CONTD = 1;

  /** In a ring's flags: the kernel is to be called. */
  public static final int XDP_RING_NEED_WAKEUP = 1;

  /** Fills {@link XdpMmapOffsets}. */
  public static final int XDP_MMAP_OFFSETS = 1;

  public static final int XDP_RX_RING = 2;
  public static final int XDP_TX_RING = 3;

  /** Takes an {@link XdpUmemReg}. */
  public static final int XDP_UMEM_REG = 4;

  public static final int XDP_UMEM_FILL_RING = 5;
  public static final int XDP_UMEM_COMPLETION_RING = 6;

  /** Fills {@link XdpStatistics}. */
  public static final int XDP_STATISTICS = 7;

  /** Fills an {@code int}: what a bound socket is like. */
  public static final int XDP_OPTIONS = 8;

  /** For {@link #XDP_OPTIONS}: nothing is copied. */
  public static final int XDP_OPTIONS_ZEROCOPY = 1;

  public static final long XDP_PGOFF_RX_RING = 0;
  public static final long XDP_PGOFF_TX_RING = 0x8000_0000L;
  public static final long XDP_UMEM_PGOFF_FILL_RING = 0x1_0000_0000L;
  public static final long XDP_UMEM_PGOFF_COMPLETION_RING = 0x1_8000_0000L;

  private LinuxIfXdp() {}
}
