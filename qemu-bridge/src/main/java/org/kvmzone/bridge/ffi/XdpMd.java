package org.kvmzone.bridge.ffi;

/**
 * {@code struct xdp_md} of {@code <linux/bpf.h>}: what a program is told of a frame.
 *
 * {@snippet lang=c :
 * struct xdp_md {
 *   __u32 data; __u32 data_end; __u32 data_meta; __u32 ingress_ifindex; __u32 rx_queue_index;
 *   __u32 egress_ifindex;
 * };
 * }
 */
public final class XdpMd {
  public static final long rx_queue_index$OFFSET = 16;

  private XdpMd() {}
}
