package org.kvmzone.net;

import org.kvmzone.packet.MacAddress;

class PacketContractTest extends VethContractTest {
  @Override
  String link() {
    return "v0";
  }

  @Override
  Vnic open() {
    return PacketVnic.open("v0", MacAddress.parse(Devices.MAC_A), 1, MTU, guest, drops);
  }
}
