package org.kvmzone.net;

import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.kvmzone.packet.MacAddress;

class EtherstubContractTest extends VnicContractTest {
  private final String name = Devices.stubName();
  private final Recorder station = new Recorder();
  private final Vnic vnic = Etherstub.open(name, "net0", MacAddress.parse(MAC_A), 1, guest, drops);
  private final Vnic other =
      Etherstub.open(name, "net1", MacAddress.parse(MAC_B), 1, station, new Drops("net1"));

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
