package org.kvmzone.net;

/** Numbers of the virtio network device (virtio 1.3 §5.1). */
final class VirtioNet {
  /** VIRTIO_NET_F_MTU. */
  static final long MTU = 1L << 3;

  /** VIRTIO_NET_F_MRG_RXBUF: a frame may take several receive buffers. */
  static final long MRG_RXBUF = 1L << 15;

  /** VIRTIO_NET_F_GUEST_ANNOUNCE: a guest that has moved says so itself; QEMU asks it to. */
  static final long GUEST_ANNOUNCE = 1L << 21;

  /** VIRTIO_NET_F_MQ: several pairs of queues. */
  static final long MQ = 1L << 22;

  /** VIRTIO_NET_HDR_F_NEEDS_CSUM: the device is to finish the frame's checksum. */
  static final int NEEDS_CSUM = 1;

  /** VIRTIO_NET_HDR_GSO_NONE: the frame is one frame. */
  static final int GSO_NONE = 0;

  /** Where {@code struct virtio_net_hdr} has its fields. */
  static final int FLAGS = 0;

  static final int GSO_TYPE = 1;
  static final int NUM_BUFFERS = 10;

  /** The header with num_buffers. */
  static final int HEADER = 12;

  /** The header without it: of legacy drivers that don't merge buffers. */
  static final int LEGACY_HEADER = 10;

  /** An Ethernet header. */
  static final int ETHERNET = 14;

  /** What a frame has besides its payload at most: an Ethernet header and one VLAN tag. */
  static final int OVERHEAD = ETHERNET + 4;

  private VirtioNet() {}
}
