package org.kvmzone.bridge.ffi;

/** {@code <linux/if_packet.h>}: sockets that send and receive a link's frames, packet(7). */
public final class LinuxIfPacket {
  public static final int PACKET_ADD_MEMBERSHIP = 1;

  /** Each frame comes with a {@link TpacketAuxdata}: the kernel takes the VLAN's tag off. */
  public static final int PACKET_AUXDATA = 8;

  /** Each frame has a virtio-net header before it, in both directions. */
  public static final int PACKET_VNET_HDR = 15;

  /** Several sockets share a link's frames. */
  public static final int PACKET_FANOUT = 18;

  /** What this host sends by the link is not received. */
  public static final int PACKET_IGNORE_OUTGOING = 23;

  public static final int PACKET_MR_PROMISC = 1;
  public static final int PACKET_MR_ALLMULTI = 2;
  public static final int PACKET_MR_UNICAST = 3;

  /** By a hash of the flow. */
  public static final int PACKET_FANOUT_HASH = 0;

  /** The kernel chooses a number for the group that is nobody else's. */
  public static final int PACKET_FANOUT_FLAG_UNIQUEID = 0x2000;

  public static final int TP_STATUS_VLAN_VALID = 0x10;

  private LinuxIfPacket() {}
}
