package org.kvmzone.net;

import java.util.List;
import org.junit.jupiter.api.AfterEach;

class TapContractTest extends VnicContractTest {
  private final NetNamespace namespace = NetNamespace.withTun();
  private final Vnic vnic = namespace.call(() -> TapVnic.open("tap0", 1, MTU, guest, drops));
  private final PacketSocket host = up();

  private PacketSocket up() {
    namespace.ip("link", "set", "tap0", "up", "addrgenmode", "none");
    return namespace.call(() -> new PacketSocket("tap0"));
  }

  @AfterEach
  void close() {
    host.close();
    vnic.close();
    namespace.close();
  }

  @Override
  Vnic vnic() {
    return vnic;
  }

  @Override
  void send(byte[] frame) {
    host.send(frame);
  }

  @Override
  List<byte[]> received() {
    return host.take();
  }
}
