package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.MAC_A;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.probe.Watcher;
import org.kvmzone.net.Devices.ScriptedVnic;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;

/** A guest gets its lease, and finds the server: nothing of it reaches the network. */
class HostServicesTest {
  private static final String SERVER = "169.254.169.254";
  private static final String SERVER_MAC = "52:55:55:55:55:55";
  private static final int YIADDR = 14 + 20 + 8 + 16;
  private static final int OPTIONS = 14 + 20 + 8 + 240;

  private final ScriptedVnic network = new ScriptedVnic();
  private final Guest guest =
      new Guest(Devices.on(network, ",ip=" + IP_A + ",netmask=255.255.255.0,hostname=web"));

  @AfterEach
  void close() {
    guest.close();
  }

  private byte[] answer(byte[] request) {
    assertThat(guest.send(request)).isEqualTo(1);
    assertThat(network.sent).isEmpty();
    List<byte[]> received = guest.received();
    assertThat(received).hasSize(1);
    return received.getFirst();
  }

  private static void assertLease(byte[] reply, int type) {
    assertThat(Frames.slice(reply, 0, 6)).isEqualTo(Frames.mac(MAC_A));
    assertThat(Frames.slice(reply, 6, 12)).isEqualTo(Frames.mac(SERVER_MAC));
    assertThat(Frames.slice(reply, YIADDR, YIADDR + 4)).isEqualTo(Frames.ip(IP_A));
    assertThat(Frames.slice(reply, OPTIONS, OPTIONS + 3)).isEqualTo(Frames.octets(53, 1, type));
  }

  @Test
  void lease_fromDiscoverToAck() {
    guest.offer(8, 2048);
    List<String> told = new ArrayList<>();
    Watcher watcher = (vnic, answer, none, n0, n1, n2, n3) -> told.add(vnic + " " + answer);
    NetProbes.DHCP.watch(watcher);

    byte[] offer = answer(DhcpRequest.of(MAC_A, 1).bytes());
    byte[] ack = answer(DhcpRequest.of(MAC_A, 3).address(50, IP_A).address(54, SERVER).bytes());

    NetProbes.DHCP.unwatch(watcher);
    assertLease(offer, 2);
    assertLease(ack, 5);
    assertThat(told).containsExactly("net0 discover-offer", "net0 selecting-ack");
    assertThat(guest.count("dhcp-discover-offer")).isEqualTo(1);
    assertThat(guest.count("dhcp-selecting-ack")).isEqualTo(1);
    assertThat(guest.count("opackets64")).isZero();
    assertThat(guest.count("ipackets64")).isEqualTo(2);
  }

  @Test
  void server_isFoundByArp_andAnswersPings() {
    guest.offer(8, 2048);
    byte[] arp =
        answer(Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, SERVER)));
    byte[] data = new byte[1000];
    byte[] pong =
        answer(
            Frames.ethernet(
                SERVER_MAC, MAC_A, 0x800, Frames.ipv4(IP_A, SERVER, 1, Frames.echo(8, data))));

    assertThat(Frames.slice(arp, 22, 28)).isEqualTo(Frames.mac(SERVER_MAC));
    assertThat(pong).hasSize(14 + 20 + 8 + 1000);
    assertThat(pong[34]).isZero();
    assertThat(guest.count("arp-reply")).isEqualTo(1);
    assertThat(guest.count("echo-reply")).isEqualTo(1);
  }

  @Test
  void answers_comeInTheOrderOfTheRequests_andTheRestLeaves() {
    guest.offer(8, 2048);
    byte[] discover = DhcpRequest.of(MAC_A, 1).bytes();
    byte[] release = DhcpRequest.of(MAC_A, 7).ciaddr(IP_A).from(IP_A).to(SERVER).bytes();
    byte[] other = TransmitTest.frame(10);

    assertThat(guest.send(other, discover, other, release, discover, other)).isEqualTo(6);

    assertThat(network.sent).containsExactly(other, other, other);
    assertThat(guest.received()).hasSize(2);
    assertThat(guest.count("dhcp-released")).isEqualTo(1);
    assertThat(guest.count("dhcp-discover-offer")).isEqualTo(2);
  }

  /** The original dropped the request, and with it whatever else was being sent. */
  @Test
  void guestWithoutBuffers_getsItsReplyLater() {
    byte[] other = TransmitTest.frame(10);
    guest.send(DhcpRequest.of(MAC_A, 1).bytes(), other);
    assertThat(network.sent).containsExactly(other);
    guest.offer(2, 2048);
    guest.receive();

    assertThat(guest.received()).hasSize(1);
  }

  @Test
  void repliesToAGuestThatNeverReads_areBounded() {
    for (int i = 0; i < 1100; i++) {
      guest.send(DhcpRequest.of(MAC_A, 1).bytes());
    }

    assertThat(guest.count("norcvbuf")).isEqualTo(1100 - 1024);
  }

  @Test
  void requestBehindAFullLink_isAnsweredOnce() {
    guest.offer(8, 2048);
    network.room = 0;
    guest.send(TransmitTest.frame(1), DhcpRequest.of(MAC_A, 1).bytes());
    guest.transmit();
    assertThat(guest.received()).isEmpty();
    network.room = 9;
    guest.transmit();

    assertThat(guest.received()).hasSize(1);
    assertThat(guest.count("dhcp-discover-offer")).isEqualTo(1);
  }

  @Test
  void spoofedRequest_isDropped_notAnswered() {
    guest.offer(8, 2048);
    guest.send(DhcpRequest.of(MAC_A, 1).chaddr(Devices.MAC_B).bytes());

    assertThat(guest.received()).isEmpty();
    assertThat(guest.count("dhcpspoofed")).isEqualTo(1);
  }

  @Test
  void withoutIp_requestsGoToTheNetwork() {
    ScriptedVnic outside = new ScriptedVnic();
    try (Guest plain = new Guest(Devices.on(outside, ""))) {
      byte[] discover = DhcpRequest.of(MAC_A, 1).bytes();
      plain.send(discover);

      assertThat(outside.sent).containsExactly(discover);
      assertThat(plain.device().report().counters()).doesNotContainKey("dhcp-discover-offer");
    }
  }
}
