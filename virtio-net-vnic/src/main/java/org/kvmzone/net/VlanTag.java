package org.kvmzone.net;

import org.kvmzone.packet.EtherType;

/** The tag of a VLAN between a frame's addresses and its EtherType (IEEE 802.1Q §9.6). */
final class VlanTag {
  /** Bytes. */
  static final int LENGTH = 4;

  /** Where in a frame it is: behind the two addresses. */
  static final int OFFSET = 12;

  /** Instead of a tag: none. */
  static final int NONE = -1;

  private static final int ID = 0xfff;

  private VlanTag() {}

  /** Whether a tag begins with this EtherType: ours, or a provider's. */
  static boolean begins(int etherType) {
    return etherType == EtherType.VLAN || etherType == EtherType.SERVICE_VLAN;
  }

  /** The VLAN; 0 if the tag tells a priority only. */
  static int vlan(int tag) {
    return tag & ID;
  }

  /** The tag of a VLAN; with the priority of another tag, if that is one. */
  static int of(int vlan, int other) {
    return other == NONE ? vlan : (other & ~ID) | vlan;
  }
}
