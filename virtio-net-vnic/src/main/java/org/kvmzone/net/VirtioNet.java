package org.kvmzone.net;

/** Numbers of the virtio network device (virtio 1.3 §5.1). */
final class VirtioNet {
  /** VIRTIO_NET_F_CSUM: the driver may leave checksums to us. */
  static final long CSUM = 1L;

  /** VIRTIO_NET_F_GUEST_CSUM: the driver takes frames whose checksum is not finished. */
  static final long GUEST_CSUM = 1L << 1;

  /** VIRTIO_NET_F_MTU. */
  static final long MTU = 1L << 3;

  /** VIRTIO_NET_F_GUEST_TSO4 and following: the driver takes TCP that is not yet segmented. */
  static final long GUEST_TSO4 = 1L << 7;

  static final long GUEST_TSO6 = 1L << 8;
  static final long GUEST_ECN = 1L << 9;

  /** VIRTIO_NET_F_HOST_TSO4 and following: the driver may leave TCP's segmentation to us. */
  static final long HOST_TSO4 = 1L << 11;

  static final long HOST_TSO6 = 1L << 12;
  static final long HOST_ECN = 1L << 13;

  /** VIRTIO_NET_F_MRG_RXBUF: a frame may take several receive buffers. */
  static final long MRG_RXBUF = 1L << 15;

  /** VIRTIO_NET_F_GUEST_ANNOUNCE: a guest that has moved says so itself; QEMU asks it to. */
  static final long GUEST_ANNOUNCE = 1L << 21;

  /** VIRTIO_NET_F_MQ: several pairs of queues. */
  static final long MQ = 1L << 22;

  /** VIRTIO_NET_F_GUEST_USO4 and following: the same of UDP datagrams, both ways. */
  static final long GUEST_USO4 = 1L << 54;

  static final long GUEST_USO6 = 1L << 55;
  static final long HOST_USO = 1L << 56;

  /** VIRTIO_NET_HDR_F_NEEDS_CSUM: whoever gets the frame is to finish its checksum. */
  static final int NEEDS_CSUM = 1;

  /** VIRTIO_NET_HDR_F_DATA_VALID: somebody has verified the frame's checksum. */
  static final int DATA_VALID = 2;

  /** VIRTIO_NET_HDR_GSO_NONE: the frame is one frame. */
  static final int GSO_NONE = 0;

  /** VIRTIO_NET_HDR_GSO_TCPV4 and following: what the frame is to be cut into. */
  static final int GSO_TCPV4 = 1;

  static final int GSO_TCPV6 = 4;
  static final int GSO_UDP_L4 = 5;

  /** VIRTIO_NET_HDR_GSO_ECN, besides one of TCP's: it has the CWR flag. */
  static final int GSO_ECN = 0x80;

  /** Where {@code struct virtio_net_hdr} has its fields. */
  static final int FLAGS = 0;

  static final int GSO_TYPE = 1;
  static final int HDR_LEN = 2;
  static final int GSO_SIZE = 4;
  static final int CSUM_START = 6;
  static final int CSUM_OFFSET = 8;
  static final int NUM_BUFFERS = 10;

  /** The header with num_buffers. */
  static final int HEADER = 12;

  /** The header without it: of legacy drivers that don't merge buffers. */
  static final int LEGACY_HEADER = 10;

  /** An Ethernet header. */
  static final int ETHERNET = 14;

  /** What a frame has besides its payload at most: an Ethernet header and one VLAN tag. */
  static final int OVERHEAD = ETHERNET + 4;

  /** The longest frame that is still to be segmented: the longest IP datagram, and so on. */
  static final int LONGEST_UNSEGMENTED = 65535 + OVERHEAD;

  private VirtioNet() {}
}
