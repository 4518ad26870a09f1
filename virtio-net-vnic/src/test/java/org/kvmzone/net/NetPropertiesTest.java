package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.antispoof.ClientId;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.packet.IpPrefix;

/** The SPECs of network devices: what they mean, and what is said of those that mean nothing. */
class NetPropertiesTest {
  private static final String MINIMAL = "vnic,id=net0,over=stub0,macaddr=52:54:00:12:34:56";

  private static NetConfig read(String spec) {
    return NetProperties.read(Spec.parse(spec));
  }

  @Test
  void provider_isFoundByItsWord() {
    assertThat(ServiceLoader.load(DeviceProvider.class))
        .filteredOn(provider -> provider.word().equals("vnic"))
        .singleElement()
        .satisfies(
            provider -> assertThat(provider.frontEnd()).isEqualTo(DeviceProvider.FrontEnd.NETDEV));
  }

  @Test
  void defaults() {
    NetConfig config = read(MINIMAL);

    assertThat(config.ifname()).isEqualTo("net0");
    assertThat(config.link())
        .isEqualTo(new LinkConfig.Stub("stub0", PortConfig.PLAIN, Optional.empty()));
    assertThat(config.mtu()).isEqualTo(1500);
    assertThat(config.dhcp()).isEmpty();
    assertThat(config.protection().macNospoof()).isTrue();
    assertThat(config.protection().restricted()).isTrue();
    assertThat(config.protection().ipNospoof()).isTrue();
    assertThat(config.protection().dhcpNospoof()).isTrue();
    assertThat(config.protection().allowAllDhcpCids()).isTrue();
    assertThat(config.promisc()).isFalse();
    assertThat(config.queues()).isEqualTo(1);
    assertThat(config.threads()).isEqualTo(1);
    assertThat(config.backlog()).isEqualTo(1024);
  }

  @Test
  void everything() {
    NetConfig config =
        read(
            MINIMAL
                + ",kind=etherstub,ifname=zone1_net0,ip=192.0.2.10,netmask=255.255.255.0"
                + ",gateway_ip=192.0.2.1,server_ip=192.0.2.2,dns_ip=192.0.2.9,dns_ip0=192.0.2.3"
                + ",dns_ip2=192.0.2.4,hostname=web,lease_time=3600,mac-nospoof=off"
                + ",allowed-ips.0=192.0.2.64/28,allowed-ips.1=2001:db8::/64"
                + ",allowed-dhcp-cids.0=0x01020304,mtu=9000,promisc=on,queues=4,threads=8"
                + ",backlog=1024");

    assertThat(config.ifname()).isEqualTo("zone1_net0");
    assertThat(config.dhcp())
        .hasValueSatisfying(lease -> {
          assertThat(lease.ip()).hasToString("192.0.2.10");
          assertThat(lease.netmask()).hasToString("255.255.255.0");
          assertThat(lease.gateway().orElseThrow()).hasToString("192.0.2.1");
          assertThat(lease.serverIp()).hasToString("192.0.2.2");
          assertThat(lease.dns()).map(Object::toString).containsExactly("192.0.2.3", "192.0.2.4");
          assertThat(lease.hostname()).contains("web");
          assertThat(lease.leaseTime()).isEqualTo(3600);
        });
    assertThat(config.protection().ip()).map(Object::toString).contains("192.0.2.10");
    assertThat(config.protection().allowedIps())
        .containsExactly(IpPrefix.parse("192.0.2.64/28"), IpPrefix.parse("2001:db8::/64"));
    assertThat(config.protection().allowedDhcpCids()).containsExactly(ClientId.parse("0x01020304"));
    assertThat(config.protection().allowAllDhcpCids()).isFalse();
    assertThat(config.protection().macNospoof()).isFalse();
    assertThat(config.protection().restricted()).isTrue();
    assertThat(List.of(config.mtu(), config.queues(), config.threads(), config.backlog()))
        .containsExactly(9000, 4, 8, 1024);
  }

  @Test
  void leaseDefaults_areTheOriginals() {
    NetConfig config = read(MINIMAL + ",ip=192.0.2.10,netmask=255.255.255.0,dns_ip=192.0.2.9");

    assertThat(config.dhcp())
        .hasValueSatisfying(lease -> {
          assertThat(lease.serverIp()).hasToString("169.254.169.254");
          assertThat(lease.leaseTime()).isEqualTo(86_400);
          assertThat(lease.dns()).map(Object::toString).containsExactly("192.0.2.9");
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "kind=tap|TapName[name=net0]",
        "kind=tap,ifname=tap7|TapName[name=tap7]",
        "kind=macvtap,over=eth0|Macvtap[name=net0, over=eth0]",
        "kind=packet,over=eth0|Packet[over=eth0]",
        "kind=xdp,over=eth0|Xdp[over=eth0, mode=auto]",
        "kind=xdp,over=eth0,xdp=zerocopy,mtu=9000|Xdp[over=eth0, mode=zerocopy]",
        "fd=7|TapFds[fds=[7]]",
        "kind=tap,fd=7|TapFds[fds=[7]]",
        "fd.0=7,fd.1=9,queues=2|TapFds[fds=[7, 9]]",
        "fd=7,queues=2|TapFds[fds=[7]]",
        "kind=etherstub,over=lo"
            + "|Stub[name=lo, port=PortConfig[vlan=0, trunks=, isolated=false, snooping=true], uplink=Optional.empty]",
        "over=s,vlan_id=7"
            + "|Stub[name=s, port=PortConfig[vlan=7, trunks=, isolated=false, snooping=true], uplink=Optional.empty]",
        "over=s,trunks.0=7,trunks.1=9-11,isolated=on,mcast_snooping=off"
            + "|Stub[name=s, port=PortConfig[vlan=0, trunks=7,9-11, isolated=true, snooping=false], uplink=Optional.empty]",
        "kind=discard|Discard[]",
        "kind=echo|Echo[]",
        "kind=chargen|Chargen[frameSize=60]",
        "kind=chargen,frame_size=9018,mtu=9000|Chargen[frameSize=9018]"
      })
  void links(String properties, String link) {
    NetConfig config = read("vnic,id=net0,macaddr=52:54:00:12:34:56," + properties);

    assertThat(config.link()).hasToString(link);
  }

  @ParameterizedTest
  @CsvSource({"kind=tap,0", "'kind=packet,over=eth0',0", "'kind=xdp,over=eth0',32", "over=s,32"})
  void threadsOfALinkThatIsRead_doNotLookForWork(String properties, int micros) {
    NetConfig config = read("vnic,id=net0,macaddr=52:54:00:12:34:56," + properties);

    assertThat(config.link().pollMicros()).isEqualTo(micros);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "over=stub0|macaddr= is missing",
        "macaddr=52:54:00:12:34:56|what is below it? give over=NAME for an etherstub, or kind=tap",
        "over=lo,macaddr=52:54:00:12:34:56|over=lo is a link of this host",
        "over=stub0,macaddr=52:54:00:12:34|'52:54:00:12:34' is not a MAC address",
        "over=stub0,macaddr=01:54:00:12:34:56|cannot be the MAC address of a NIC",
        "over=stub0,macaddr=52:54:00:12:34:56,kind=bridge|kind=bridge: must be one of etherstub, tap, macvtap, packet, xdp, discard, echo, chargen",
        "kind=etherstub,macaddr=52:54:00:12:34:56|over= is missing",
        "over=a/b,kind=etherstub,macaddr=52:54:00:12:34:56|over=a/b: must be",
        "over=s,kind=tap,macaddr=52:54:00:12:34:56|over= is of no use to kind=tap",
        "over=s,kind=etherstub,fd=3,macaddr=52:54:00:12:34:56|fd= is of no use to kind=etherstub",
        "frame_size=64,kind=echo,macaddr=52:54:00:12:34:56|frame_size= is of no use to kind=echo",
        "frame_size=59,kind=chargen,macaddr=52:54:00:12:34:56|frame_size=59: must be",
        "frame_size=1519,kind=chargen,macaddr=52:54:00:12:34:56|number from 60 to 1518",
        "over=s,vlan_id=4095,macaddr=52:54:00:12:34:56|vlan_id=4095: must be a whole number from 0",
        "over=s,vlan_id=5,trunks=4-6,macaddr=52:54:00:12:34:56|vlan_id=5: must be none of trunks",
        "over=s,trunks=0,macaddr=52:54:00:12:34:56|trunks: 0 is no VLAN from 1 to 4094",
        "kind=macvtap,macaddr=52:54:00:12:34:56|over= is missing: name the host's link",
        "kind=xdp,macaddr=52:54:00:12:34:56|over= is missing: name the host's link",
        "kind=xdp,over=v0,xdp=fast,macaddr=52:54:00:12:34:56|xdp=fast: must be one of auto, zerocopy, copy, generic",
        "kind=packet,over=v0,xdp=copy,macaddr=52:54:00:12:34:56|xdp= is of no use to kind=packet",
        "kind=packet,over=a23456789012345x,macaddr=52:54:00:12:34:56|over=a23456789012345x: must",
        "over=s,uplink=a/b,macaddr=52:54:00:12:34:56|uplink=a/b: must be an interface's name",
        "kind=tap,uplink=t,macaddr=52:54:00:12:34:56|uplink= is of no use to kind=tap",
        "kind=tap,vlan_id=5,macaddr=52:54:00:12:34:56|vlan_id= is of no use to kind=tap",
        "kind=tap,isolated=on,macaddr=52:54:00:12:34:56|isolated= is of no use to kind=tap",
        "kind=tap,ifname=a23456789012345x,macaddr=52:54:00:12:34:56|at most 15",
        "kind=tap,ifname=../x,macaddr=52:54:00:12:34:56|ifname=../x: must be",
        "fd=x,macaddr=52:54:00:12:34:56|fd=x: must be the number of an open descriptor",
        "fd.0=3,fd.1=4,macaddr=52:54:00:12:34:56|2 fd= given for 1 queues=",
        "fd.0=3,fd.1=3,queues=2,macaddr=52:54:00:12:34:56|each queue has its own"
      })
  void wrongLinks_areNamed(String properties, String message) {
    assertRefused("vnic,id=net0," + properties, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "ip=192.0.2.10|ip= needs netmask= too",
        "ip=192.0.2.256,netmask=255.255.255.0|'192.0.2.256' is not an IPv4 address",
        "ip=192.0.2.10,netmask=255.0.255.0|is not a netmask",
        "ip=192.0.2.0,netmask=255.255.255.0|network or broadcast address",
        "ip=dhcp,netmask=255.255.255.0|'dhcp' is not an IPv4 address",
        "netmask=255.255.255.0|netmask= is of no use to a NIC without ip=",
        "lease_time=5|lease_time= is of no use to a NIC without ip=",
        "dns_ip3=192.0.2.1|dns_ip3= is of no use to a NIC without ip=",
        "ip=192.0.2.10,netmask=255.255.255.0,lease_time=1h|lease_time=1h: must be a number",
        "ip=192.0.2.10,netmask=255.255.255.0,lease_time=0|lease_time 0 is not within",
        "ip=192.0.2.10,netmask=255.255.255.0,hostname=a_b|'a_b' is not a hostname",
        "ip=192.0.2.10,netmask=255.255.255.0,dns_ip1=x|dns_ip1: 'x' is not an IPv4 address",
        "allowed-ips.0=2001:db8::1/64|has bits set behind its prefix",
        "allowed-ips.0=fe80::1%eth0|is not an IPv6 address",
        "allowed-dhcp-cids.0=client|'client' is not a client id",
        "mac-nospoof=yes|mac-nospoof=yes: must be on or off",
        "mtu=575|mtu=575: must be a whole number from 576 to 9000",
        "mtu=9001|mtu=9001: must be",
        "csum=off,tso=on|tso=on: must be off, as csum= is",
        "csum=off,uso=on|uso=on: must be off, as csum= is",
        "queues=0|queues=0: must be",
        "queues=65|queues=65: must be",
        "threads=3|threads=3: must be a whole number from 1 to 2",
        "backlog=100|backlog=100: must be a power of two",
        "backlog=8|backlog=8: must be"
      })
  void wrongValues_areNamed(String properties, String message) {
    assertRefused(MINIMAL + "," + properties, message);
  }

  private static void assertRefused(String spec, String message) {
    assertThatThrownBy(() -> new VnicProvider().check(Spec.parse(spec)))
        .isInstanceOf(SpecException.class)
        .hasMessageStartingWith("vnic net0: ")
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @Test
  void propertiesAreDocumented() {
    assertThat(new VnicProvider().properties())
        .allSatisfy(property -> {
          assertThat(property.meaning()).isNotBlank();
          assertThat(property.byDefault()).isNotBlank();
        })
        .extracting(DeviceProvider.Property::name)
        .doesNotHaveDuplicates();
  }

  @Test
  void report_saysWhatHolds() {
    String stub = Devices.stubName();
    try (NetDevice device =
        Devices.a(stub, ",ip=192.0.2.10,netmask=255.255.255.0,restricted=off,allowed-ips.0=::1")) {
      assertThat(device.report().kind()).isEqualTo("vnic");
      assertThat(device.report().properties())
          .containsEntry("kind", "etherstub")
          .containsEntry("over", stub)
          .containsEntry("vlan_id", "0")
          .containsEntry("macaddr", Devices.MAC_A)
          .containsEntry("ip", "192.0.2.10")
          .containsEntry("server_ip", "169.254.169.254")
          .containsEntry("protection", "mac-nospoof,ip-nospoof,dhcp-nospoof")
          .containsEntry("mtu", "1500")
          .containsEntry("offloads", "csum,tso,uso")
          .doesNotContainKey("gateway_ip");
      assertThat(device.report().counters().keySet())
          .contains(
              "ipackets64",
              "rbytes64",
              "opackets64",
              "obytes64",
              "macspoofed",
              "ipspoofed",
              "dhcpspoofed",
              "restricted",
              "norcvbuf",
              "dhcp-discover-offer",
              "arp-reply");
    }
  }
}
