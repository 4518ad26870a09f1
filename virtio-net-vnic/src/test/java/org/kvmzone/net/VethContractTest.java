package org.kvmzone.net;

import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** A VNIC over one end of a pair of links, and the station at the other. */
abstract class VethContractTest extends VnicContractTest {
  final NetNamespace namespace = NetNamespace.withTun();
  private final Vnic vnic;
  private final PacketSocket host;

  VethContractTest() {
    namespace.ipOrSkip("veth", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    for (String end : List.of("v0", "v1")) {
      namespace.ip("link", "set", end, "up", "addrgenmode", "none");
    }
    vnic = namespace.call(this::open);
    namespace.awaitRunning(link());
    host = namespace.call(() -> new PacketSocket("v1"));
  }

  /** The link that the VNIC's frames go through first. */
  abstract String link();

  /** Opens the VNIC over v0; in the namespace. */
  abstract Vnic open();

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
