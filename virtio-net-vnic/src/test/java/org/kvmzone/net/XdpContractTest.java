package org.kvmzone.net;

import org.kvmzone.packet.MacAddress;

class XdpContractTest extends VethContractTest {
  @Override
  String link() {
    return "v0";
  }

  @Override
  Vnic open() {
    LinkConfig.Xdp config = new LinkConfig.Xdp("v0", XdpMode.COPY);
    return XdpVnic.open(config, MacAddress.parse(Devices.MAC_A), 1, MTU, guest, drops);
  }
}
