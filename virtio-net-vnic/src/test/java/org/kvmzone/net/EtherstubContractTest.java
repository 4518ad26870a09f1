package org.kvmzone.net;

import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.kvmzone.packet.MacAddress;

class EtherstubContractTest extends VnicContractTest {
  private final String name = Devices.stubName();
  private final Recorder station = new Recorder();
  private final Vnic vnic = open("net0", MAC_A, guest, drops);
  private final Vnic other = open("net1", MAC_B, station, new Drops("net1"));

  private Vnic open(String vnic, String mac, VnicClient client, Drops counters) {
    return Etherstubs.open(
        new LinkConfig.Stub(name, PortConfig.PLAIN, Optional.empty()),
        new PortConfig.Station(vnic, MacAddress.parse(mac)),
        1,
        client,
        counters);
  }

  @AfterEach
  void close() {
    vnic.close();
    other.close();
  }

  @Override
  Vnic vnic() {
    return vnic;
  }

  @Override
  void send(byte[] frame) {
    other.send(0, Recorder.batch(frame));
  }

  @Override
  List<byte[]> received() {
    return station.take();
  }
}
