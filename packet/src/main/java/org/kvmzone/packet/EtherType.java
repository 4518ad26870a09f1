package org.kvmzone.packet;

/** The EtherTypes that this project knows (IEEE 802 numbers). */
public final class EtherType {
  public static final int IPV4 = 0x0800;
  public static final int ARP = 0x0806;

  /** The tag protocol identifier of 802.1Q. */
  public static final int VLAN = 0x8100;

  public static final int IPV6 = 0x86dd;

  /** The tag protocol identifier of 802.1ad: a tag around others, of a provider's bridges. */
  public static final int SERVICE_VLAN = 0x88a8;

  private EtherType() {}
}
