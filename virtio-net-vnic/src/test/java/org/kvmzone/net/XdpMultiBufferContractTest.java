package org.kvmzone.net;

import org.kvmzone.packet.MacAddress;

/** Frames of one chunk, where others have several. */
class XdpMultiBufferContractTest extends VethContractTest {
  @Override
  String link() {
    return "v0";
  }

  @Override
  Vnic open() {
    LinkConfig.Xdp config = new LinkConfig.Xdp("v0", XdpMode.COPY);
    MacAddress mac = MacAddress.parse(Devices.MAC_A);
    return MultiBuffer.orSkip(() -> XdpVnic.open(config, mac, 1, 9000, guest, drops));
  }
}
