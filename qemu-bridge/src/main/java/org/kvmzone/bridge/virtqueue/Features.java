package org.kvmzone.bridge.virtqueue;

/** Feature bits that rings and transports share (virtio 1.3 §6). */
public final class Features {
  /** VIRTIO_F_INDIRECT_DESC: tables of descriptors outside the ring. */
  public static final long INDIRECT_DESC = 1L << 28;

  /** VIRTIO_F_EVENT_IDX: each side says at which index it wants to be told. */
  public static final long EVENT_IDX = 1L << 29;

  /** VIRTIO_F_VERSION_1: little-endian, as the standard has it. */
  public static final long VERSION_1 = 1L << 32;

  /** VIRTIO_F_RING_PACKED: one ring of descriptors instead of a table and two rings. */
  public static final long RING_PACKED = 1L << 34;

  /** VIRTIO_F_IN_ORDER: chains are given back in the order in which they were made available. */
  public static final long IN_ORDER = 1L << 35;

  private Features() {}
}
