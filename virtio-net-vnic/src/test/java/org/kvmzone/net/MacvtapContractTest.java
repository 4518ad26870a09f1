package org.kvmzone.net;

import org.kvmzone.packet.MacAddress;

class MacvtapContractTest extends VethContractTest {
  @Override
  String link() {
    return "mt0";
  }

  /** The kernel's macvlan hands them over later, from a work queue. */
  @Override
  boolean keepsBroadcastsInLine() {
    return false;
  }

  @Override
  Vnic open() {
    LinkConfig.Macvtap config = new LinkConfig.Macvtap("mt0", "v0");
    return MacvtapVnic.open(config, MacAddress.parse(Devices.MAC_A), 1, MTU, guest, drops);
  }
}
