package org.kvmzone.bridge.virtqueue;

import org.kvmzone.bridge.memory.Buffers;

/**
 * A descriptor chain that was read and checked: what the driver lets the device read, and where it
 * lets it write. The object is the device's and is filled again by each {@code pop}; the memory is
 * the driver's to change at any time, so what is to be checked is copied first.
 */
public final class Chain {
  private final Buffers readable = new Buffers();
  private final Buffers writable = new Buffers();
  private int head;
  private int effort;

  /** An empty chain, to be filled by {@link Virtqueue#pop}. */
  public Chain() {}

  void begin(int head) {
    this.head = head;
    effort = 0;
    readable.clear();
    writable.clear();
  }

  void head(int id) {
    head = id;
  }

  void took(int descriptors) {
    effort += descriptors;
  }

  /**
   * How many descriptors were read or copied to find out what the chain holds: what a driver can
   * make expensive for whoever pops it.
   */
  public int effort() {
    return effort;
  }

  /**
   * The chain's name until it is given back: the index of its first descriptor in a split ring, the
   * driver's buffer id in a packed one. Not negative, and smaller than the ring.
   */
  public int head() {
    return head;
  }

  /** What the driver wrote for the device. */
  public Buffers readable() {
    return readable;
  }

  /** Room for what the device writes for the driver. */
  public Buffers writable() {
    return writable;
  }
}
