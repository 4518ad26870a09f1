package org.kvmzone.antispoof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.IpPrefix;
import org.kvmzone.packet.MacAddress;

class LinkProtectionConfigTest {
  private static LinkProtectionConfig.Builder builder() {
    return LinkProtectionConfig.builder(MacAddress.parse("52:54:00:12:34:56"));
  }

  @Test
  void everythingIsOnByDefault() {
    LinkProtectionConfig config = builder().build();

    assertThat(config.macNospoof()).isTrue();
    assertThat(config.restricted()).isTrue();
    assertThat(config.ipNospoof()).isTrue();
    assertThat(config.dhcpNospoof()).isTrue();
    assertThat(config.vlans().isEmpty()).isTrue();
  }

  @Test
  void clientIdsGoUncheckedUntilOneIsListed() {
    ClientId id = ClientId.parse("0x0102");

    assertThat(builder().build().allowAllDhcpCids()).isTrue();
    assertThat(builder().allowedDhcpCid(id).build().allowAllDhcpCids()).isFalse();
    assertThat(builder().allowAllDhcpCids(false).build().allowAllDhcpCids()).isFalse();
    assertThat(builder().allowedDhcpCid(id).allowAllDhcpCids(true).build().allowAllDhcpCids())
        .isTrue();
  }

  @Test
  void listsHold32() {
    LinkProtectionConfig.Builder full = builder();
    for (int i = 0; i < 32; i++) {
      full.allowedIp(IpPrefix.parse("192.0.2." + i))
          .allowedDhcpCid(ClientId.parse("0x01" + (i + 10)));
    }
    assertThat(full.build().allowedIps()).hasSize(32);

    assertThatThrownBy(() -> full.allowedDhcpCid(ClientId.parse("0x0102")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("33 allowed-dhcp-cids");
    assertThatThrownBy(() -> full.allowedIp(IpPrefix.parse("192.0.2.99")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("33 allowed-ips");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0x", "0x01", "0x010", "0102", "0x01zz", "text"})
  void whatIsNoClientIdIsRefused(String text) {
    assertThatThrownBy(() -> ClientId.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("client id");
  }

  @Test
  void clientIdIsKeptInLowerCase() {
    assertThat(ClientId.parse("0XFFaB")).hasToString("0xffab");
    assertThat(ClientId.parse("0xFFaB").octets()).containsExactly(0xff, 0xab);
  }

  @Test
  void verdictsNameIllumosCounters() {
    assertThat(Verdict.PASS.counter()).isEmpty();
    assertThat(Arrays.stream(Verdict.values()).flatMap(v -> v.counter().stream()).distinct())
        .containsExactly("oerrors", "macspoofed", "restricted", "ipspoofed", "dhcpspoofed");
  }
}
