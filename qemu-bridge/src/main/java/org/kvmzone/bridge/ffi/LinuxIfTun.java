package org.kvmzone.bridge.ffi;

/** {@code <linux/if_tun.h>}: taps, as descriptors of {@code /dev/net/tun}. */
public final class LinuxIfTun {
  /** Attaches a descriptor to an interface, made if there is none; takes an {@link Ifreq}. */
  public static final long TUNSETIFF = 0x400454caL;

  /** Says what a descriptor is attached to; fills an {@link Ifreq}. */
  public static final long TUNGETIFF = 0x800454d2L;

  /** Sets what the kernel may leave to the reader of a frame: 0 for nothing. */
  public static final long TUNSETOFFLOAD = 0x400454d0L;

  /** Sets the length of the virtio-net header before each frame; takes a pointer to an int. */
  public static final long TUNSETVNETHDRSZ = 0x400454d8L;

  /** Ethernet frames. */
  public static final int IFF_TAP = 0x0002;

  /** Several descriptors on one interface, each a queue. */
  public static final int IFF_MULTI_QUEUE = 0x0100;

  /** No packet information before each frame. */
  public static final int IFF_NO_PI = 0x1000;

  /** A virtio-net header before each frame. */
  public static final int IFF_VNET_HDR = 0x4000;

  /** For {@link #TUNSETOFFLOAD}: frames whose checksum is not finished. */
  public static final int TUN_F_CSUM = 0x01;

  /** TCP over IPv4 that is not segmented. */
  public static final int TUN_F_TSO4 = 0x02;

  /** TCP over IPv6 that is not segmented. */
  public static final int TUN_F_TSO6 = 0x04;

  /** Such TCP with the CWR flag. */
  public static final int TUN_F_TSO_ECN = 0x08;

  private LinuxIfTun() {}
}
