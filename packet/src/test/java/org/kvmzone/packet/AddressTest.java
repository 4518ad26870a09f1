package org.kvmzone.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.IpPrefix.Cidr4;
import org.kvmzone.packet.IpPrefix.Cidr6;

class AddressTest {
  @Test
  void macIsReadAndWritten() {
    assertThat(MacAddress.parse("52:54:00:12:34:56").value()).isEqualTo(0x5254_0012_3456L);
    assertThat(MacAddress.parse("2:8:20:A:b:C").toString()).isEqualTo("02:08:20:0a:0b:0c");
    assertThat(MacAddress.parse("ff:ff:ff:ff:ff:ff").value()).isEqualTo(MacAddress.BROADCAST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "52:54:00:12:34",
        "52:54:00:12:34:56:78",
        "52:54:00:12:34:5g",
        "52-54-00-12-34-56",
        "525400123456",
        "52:54:00:12:34:",
        "052:54:00:12:34:56",
        " 52:54:00:12:34:56"
      })
  void whatIsNoMacIsRefusedByName(String text) {
    assertThatThrownBy(() -> MacAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void groupsAreNoStations() {
    assertThat(MacAddress.isMulticast(MacAddress.BROADCAST)).isTrue();
    assertThat(MacAddress.isMulticast(MacAddress.parse("01:00:5e:00:00:01").value())).isTrue();
    assertThat(MacAddress.isMulticast(MacAddress.parse("52:54:00:00:00:01").value())).isFalse();
    assertThat(MacAddress.isStation(0)).isFalse();
    assertThat(MacAddress.isStation(MacAddress.parse("52:54:00:00:00:01").value())).isTrue();
  }

  @Test
  void eui64FlipsTheUniversalBit() {
    // RFC 4291 appendix A: 34-56-78-9A-BC-DE.
    assertThat(MacAddress.parse("34:56:78:9a:bc:de").eui64()).isEqualTo(0x3656_78ff_fe9a_bcdeL);
    assertThat(MacAddress.parse("52:54:00:12:34:56").eui64()).isEqualTo(0x5054_00ff_fe12_3456L);
  }

  @Test
  void ipv4IsReadAndWritten() {
    assertThat(Ipv4Address.parse("169.254.0.255").value()).isEqualTo(0xa9fe_00ff);
    assertThat(Ipv4Address.parse("255.255.255.255").value()).isEqualTo(Ipv4Address.BROADCAST);
    assertThat(Ipv4Address.parse("203.0.113.9").toString()).isEqualTo("203.0.113.9");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "010.0.0.1",
        "1.2.3.4 ",
        "a.b.c.d",
        "1..2.3"
      })
  void whatIsNoIpv4IsRefusedByName(String text) {
    assertThatThrownBy(() -> Ipv4Address.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1,true",
    "169.254.1.1,true",
    "0.0.0.0,false",
    "0.1.2.3,false",
    "127.0.0.1,false",
    "224.0.0.1,false",
    "240.0.0.1,false",
    "255.255.255.255,false",
    "223.255.255.1,true"
  })
  void hostsAddresses(String text, boolean host) {
    assertThat(Ipv4Address.isHost(Ipv4Address.parse(text).value())).isEqualTo(host);
  }

  @ParameterizedTest
  @CsvSource({
    "255.255.255.0,true",
    "255.255.255.255,true",
    "0.0.0.0,true",
    "128.0.0.0,true",
    "255.0.255.0,false",
    "0.0.0.1,false",
    "255.255.255.1,false"
  })
  void netmasks(String text, boolean mask) {
    assertThat(Ipv4Address.isNetmask(Ipv4Address.parse(text).value())).isEqualTo(mask);
  }

  @Test
  void prefixesHoldTheirAddresses() {
    Cidr4 range = (Cidr4) IpPrefix.parse("192.0.2.128/25");
    assertThat(range.contains(Ipv4Address.parse("192.0.2.255").value())).isTrue();
    assertThat(range.contains(Ipv4Address.parse("192.0.2.127").value())).isFalse();
    assertThat(range.toString()).isEqualTo("192.0.2.128/25");
    Cidr4 one = (Cidr4) IpPrefix.parse("192.0.2.1");
    assertThat(one.bits()).isEqualTo(32);
    assertThat(one.contains(one.address())).isTrue();
    assertThat(one.contains(one.address() + 1)).isFalse();
    assertThat(((Cidr4) IpPrefix.parse("0.0.0.0/0")).contains(-1)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/32, 2001:db9::1, false",
    "2001:db8::/64, 2001:db8::ffff:0:0:1, true",
    "2001:db8::/64, 2001:db8:0:1::1, false",
    "2001:db8::100/120, 2001:db8::1ff, true",
    "2001:db8::100/120, 2001:db8::200, false",
    "2001:db8::1, 2001:db8::1, true",
    "2001:db8::1, 2001:db8::2, false",
    "::/0, fe80::1, true",
    "fe80::/10, febf::1, true"
  })
  void prefixesOfIpv6HoldTheirAddresses(String range, String text, boolean holds) {
    Cidr6 address = (Cidr6) IpPrefix.parse(text);

    assertThat(((Cidr6) IpPrefix.parse(range)).contains(address.high(), address.low()))
        .isEqualTo(holds);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "192.0.2.1/33",
        "192.0.2.1/24",
        "192.0.2.0/",
        "192.0.2.0/x",
        "192.0.2.0/-1",
        "2001:db8::/129",
        "2001:db8::1/64",
        "fe80::1%lo",
        "[::1]",
        "::ffff:192.0.2.1",
        "2001:db8",
        "1:2:3",
        "name/24"
      })
  void whatIsNoPrefixIsRefused(String text) {
    assertThatThrownBy(() -> IpPrefix.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
