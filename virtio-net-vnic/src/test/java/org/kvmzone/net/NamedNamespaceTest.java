package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.MAC_A;

import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.KeptNamespace;

/** VNICs whose links are in the network namespace of a zone, which ip-netns(8) has made. */
class NamedNamespaceTest {
  private final NetNamespace here = NetNamespace.withTun();
  private final String zone = "kvmzone-" + UUID.randomUUID();

  @BeforeEach
  void makeZone() {
    here.ipOrSkip("named network namespaces", "netns", "add", zone);
  }

  @AfterEach
  void close() {
    here.ip("netns", "del", zone);
    here.close();
  }

  private NetDevice device(String properties) {
    NetConfig config =
        Devices.config(
            "vnic,id=net0,macaddr=" + MAC_A + ",allowed-ips.0=" + IP_A + ",netns=" + properties);
    return here.call(() -> NetDevice.open(config));
  }

  private boolean isThere(String link) {
    try (KeptNamespace namespace = KeptNamespace.named(zone)) {
      return namespace.call(() -> exists(link));
    }
  }

  private static boolean exists(String link) {
    try (Rtnetlink kernel = new Rtnetlink()) {
      return kernel.find(link).isPresent();
    }
  }

  @ParameterizedTest
  @CsvSource({"tap, net0", "macvtap, net0", "packet, v0", "xdp, v0"})
  void link_isInTheZone_andGoneWithTheVnic(String kind, String link) throws Exception {
    here.ipOrSkip("veth", "-n", zone, "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    String over = kind.equals("tap") ? "" : ",over=v0";
    try (NetDevice device = device(zone + ",kind=" + kind + over)) {
      assertThat(device.report().properties()).containsEntry("netns", zone);
      assertThat(isThere(link)).isTrue();
      assertThat(here.call(() -> exists(link))).isFalse();
    }
    assertThat(isThere("net0")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nowhere,kind=tap       | there is no network namespace nowhere
          ../mnt,kind=tap        | ip netns list
          x,over=stub0           | netns= is of no use to kind=etherstub
          x,kind=tap,fd.0=0      | netns= is of no use to a tap given as fd=
          """)
  void what_cannotBe_isToldInOneLine(String properties, String told) {
    assertThatThrownBy(() -> device(properties))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining(told)
        .satisfies(thrown -> assertThat(thrown.getMessage()).hasLineCount(1));
  }
}
