package org.kvmzone.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;

class DhcpConfigTest {
  private static DhcpConfig config(String ip, String netmask, Consumer<DhcpConfig.Builder> more) {
    DhcpConfig.Builder builder =
        DhcpConfig.builder(
            MacAddress.parse("52:54:00:12:34:56"),
            Ipv4Address.parse(ip),
            Ipv4Address.parse(netmask));
    more.accept(builder);
    return builder.build();
  }

  private static DhcpConfig config(Consumer<DhcpConfig.Builder> more) {
    return config("192.0.2.10", "255.255.255.0", more);
  }

  @Test
  void defaultsAreTheOriginals() {
    DhcpConfig config = config(more -> {});

    assertThat(config.serverIp()).hasToString("169.254.169.254");
    assertThat(config.leaseTime()).isEqualTo(86_400);
    assertThat(config.gateway()).isEmpty();
    assertThat(config.dns()).isEmpty();
    assertThat(config.hostname()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.0, 255.255.255.0, network",
    "192.0.2.255, 255.255.255.0, broadcast",
    "192.0.2.10, 255.0.255.0, not a netmask",
    "224.0.0.1, 255.255.255.0, cannot be",
    "0.0.0.0, 255.255.255.0, cannot be",
    "169.254.169.254, 255.255.0.0, its own"
  })
  void impossibleAddressesAreRefused(String ip, String netmask, String why) {
    assertThatThrownBy(() -> config(ip, netmask, more -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why)
        .hasMessageContaining(ip.equals("192.0.2.10") ? netmask : ip);
  }

  @ParameterizedTest
  @CsvSource({"192.0.2.0, 255.255.255.254", "192.0.2.255, 255.255.255.255"})
  void smallNetworksHaveNoEdge(String ip, String netmask) {
    assertThat(config(ip, netmask, more -> {}).ip()).hasToString(ip);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 0x1_0000_0000L})
  void leaseTimeHas32Bits(long seconds) {
    assertThatThrownBy(() -> config(more -> more.leaseTime(seconds)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("lease_time " + seconds);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", "a-", "a..b", "a_b", "a b", ".a", "ä", "a\n"})
  void strangeHostnamesAreRefused(String name) {
    assertThatThrownBy(() -> config(more -> more.hostname(name)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + name + "'");
  }

  @Test
  void hostnamesHaveUpTo253Characters() {
    String longest = "a".repeat(63) + ("." + "b".repeat(61)).repeat(3) + ".cde";
    assertThat(longest).hasSize(253);

    assertThat(config(more -> more.hostname(longest)).hostname()).contains(longest);
    assertThatThrownBy(() -> config(more -> more.hostname(longest + "f")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void fourNameServersAreTheMost() {
    Ipv4Address dns = Ipv4Address.parse("8.8.8.8");

    assertThat(config(more -> more.dns(dns).dns(dns).dns(dns).dns(dns)).dns()).hasSize(4);
    assertThatThrownBy(() -> config(more -> more.dns(dns).dns(dns).dns(dns).dns(dns).dns(dns)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("5 dns_ip");
  }
}
