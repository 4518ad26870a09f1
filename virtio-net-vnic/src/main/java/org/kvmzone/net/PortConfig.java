package org.kvmzone.net;

import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.VlanSet;

/**
 * A VNIC's place on a switch, as the operator wants it.
 *
 * @param vlan the VLAN of frames without a tag, 1 to 4094; 0 for the one that is never tagged
 * @param trunks the VLANs whose frames come and go with their tags; without {@code vlan}
 * @param isolated whether it reaches no other port that is isolated, too
 * @param snooping whether it is spared the frames of multicast groups that it has not joined
 */
record PortConfig(int vlan, VlanSet trunks, boolean isolated, boolean snooping) {
  /** Of the VLAN that is never tagged, and no other. */
  static final PortConfig PLAIN = new PortConfig(0, VlanSet.NONE, false, true);

  /** Whether frames of a VLAN come and go here. */
  boolean carries(int id) {
    return id == vlan || trunks.contains(id);
  }

  /** Who is at a port. */
  record Station(String vnic, MacAddress mac) {}
}
