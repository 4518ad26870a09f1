package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.kvmzone.bridge.conformance.Neighbour;
import org.kvmzone.bridge.conformance.Player;
import org.kvmzone.bridge.conformance.Recording;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Resources;
import org.kvmzone.bridge.testing.Served;
import org.kvmzone.bridge.testing.Vmm;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;

/** Network cards on an etherstub with their threads and sessions: as front ends meet them. */
@Timeout(60)
class ConformanceTest {
  private static final int RX = 0;
  private static final int TX = 1;

  @SuppressWarnings("unused") // through FieldSource
  private static final Iterable<String> RECORDINGS = Recording.NET;

  private final String stub = Devices.stubName();

  private Served card(String properties) {
    return new Served(Devices.a(stub, ",allowed-ips.0=" + IP_A + properties));
  }

  @ParameterizedTest
  @FieldSource("RECORDINGS")
  void whatFrontEndsSay_isAnswered_andFramesGoBothWays(String name) {
    try (Served card = card(",queues=2");
        Served peer = new Served(Devices.b(stub, ",allowed-ips.0=" + IP_B));
        Vmm other = Vmm.connected(peer, Guest.MODERN | Vmm.PROTOCOL_FEATURES)) {
      other.start(RX, 64);
      other.start(TX, 64);
      Resources before = Resources.settled();
      try (Player player = new Player(card.connect())) {
        player.play(Recording.of(name), each -> exchange(each, other));
        // A card has nothing to tell: what changes of it is QEMU's.
        assertThat(player.leftOut()).isSubsetOf("SET_BACKEND_REQ_FD");
      }
      card.awaitEnd();
      before.awaitBack();
      assertThat(card.count("refused") + card.count("broken")).isZero();
    }
  }

  private static void exchange(Player card, Vmm other) {
    assertThat(card.running()).contains(RX, TX);
    byte[] to = Frames.udpFrame(MAC_B, MAC_A, IP_A, IP_B, 1, 2, new byte[100]);
    byte[] back = Frames.udpFrame(MAC_A, MAC_B, IP_B, IP_A, 2, 1, new byte[200]);
    GuestRam ram = card.buffers();
    exchange(ram, card.ring(TX), other.ram(), other.ring(RX), to);
    exchange(other.ram(), other.ring(TX), ram, card.ring(RX), back);
  }

  private static void exchange(GuestRam from, LiveRing tx, GuestRam to, LiveRing rx, byte[] frame) {
    Piece room = to.writable(2048);
    rx.driver().add(room);
    rx.kick();
    send(from, tx, new byte[VirtioNet.HEADER], frame);
    int length = rx.await().length();
    byte[] received = to.bytes(new Piece(room.address(), length, true));
    assertThat(Arrays.copyOfRange(received, VirtioNet.HEADER, length)).isEqualTo(frame);
  }

  /** A frame, given back. */
  private static void send(GuestRam ram, LiveRing tx, byte[] header, byte[] frame) {
    tx.driver().add(ram.readable(header), ram.readable(frame));
    tx.kick();
    tx.await();
  }

  @Test
  @DisplayName("C12: headers and frames that are wrong are dropped, each counted by its reason")
  void c12() {
    try (Served card = card("");
        Neighbour neighbour = new Neighbour();
        Vmm vmm = Vmm.connected(card, Guest.MODERN | Vmm.PROTOCOL_FEATURES)) {
      LiveRing tx = vmm.start(TX, 64);
      vmm.start(RX, 64);
      byte[] good = TransmitTest.frame(100);
      byte[] none = new byte[VirtioNet.HEADER];
      byte[][] headers = {
        {1, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0, 0},
        {0, 1, (byte) 0xff, (byte) 0xff, 0, 0, 0, 0, 0, 0, 0, 0}, // segments of no size
        {1, 4, 0, 0, (byte) 0xff, (byte) 0xff, 0, 0, 0, 0, 0, 0},
        {0, (byte) 0x83, 0, 0, 1, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff},
      };
      for (byte[] header : headers) {
        send(vmm.ram(), tx, header, good);
      }
      send(vmm.ram(), tx, new byte[5], new byte[0]);
      for (int length : new int[] {0, 1, 13}) {
        send(vmm.ram(), tx, none, Arrays.copyOf(good, length));
      }
      send(vmm.ram(), tx, none, new byte[1519]);
      send(vmm.ram(), tx, none, new byte[0x1_0100]);
      Map.of("txbadhdr", 5L, "txrunt", 3L, "txtoolong", 2L)
          .forEach((reason, count) ->
              Await.until(reason + " is " + count, () -> card.count(reason) == count));
      send(vmm.ram(), tx, none, good);
      Await.until("the next frame leaves", () -> card.count("opackets64") == 1);
      neighbour.answers(100);
      assertThat(card.count("ringfaults") + card.count("broken")).isZero();
    }
  }

  @Test
  @DisplayName(
      "C18: a guest that acts as a DHCP server, speaks for others, or asks in broken words")
  void c18() {
    String lease = ",ip=" + IP_A + ",netmask=255.255.255.0,server_ip=192.0.2.1";
    try (Served card = card(lease);
        Neighbour neighbour = new Neighbour();
        Vmm vmm = Vmm.connected(card, Guest.MODERN | Vmm.PROTOCOL_FEATURES)) {
      LiveRing tx = vmm.start(TX, 64);
      vmm.start(RX, 64);
      byte[] none = new byte[VirtioNet.HEADER];
      byte[] offer = {2};
      byte[] other = DhcpRequest.of(MAC_A, 1).chaddr(MAC_B).bytes();
      byte[][] frames = {
        Frames.udpFrame(Frames.BROADCAST, MAC_A, IP_A, "255.255.255.255", 67, 68, offer),
        other,
        DhcpRequest.of(MAC_A, 1).raw(Frames.octets(61, 200)).bytes(),
        Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(2, MAC_A, IP_B, IP_A)),
        Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, new byte[7]),
        Frames.ethernet(Frames.BROADCAST, MAC_B, 0x806, Frames.arp(1, MAC_B, IP_B, IP_A)),
        Frames.ethernet(MAC_B, MAC_A, 0x800, Frames.ipv4(IP_B, IP_A, 17, new byte[8])),
        Frames.ethernet(MAC_B, MAC_A, 0x86dd, new byte[39]),
      };
      for (byte[] frame : frames) {
        send(vmm.ram(), tx, none, frame);
      }
      Await.until(
          "all are dropped",
          () ->
              card.count("dhcpspoofed") + card.count("ipspoofed") + card.count("macspoofed")
                  == frames.length);
      assertThat(card.count("dhcpspoofed")).isEqualTo(3);
      assertThat(card.count("macspoofed")).isEqualTo(1);
      Piece room = vmm.ram().writable(2048);
      vmm.ring(RX).driver().add(room);
      vmm.ring(RX).kick();
      send(vmm.ram(), tx, none, DhcpRequest.of(MAC_A, 1).bytes());
      assertThat(vmm.ring(RX).await().length()).as("an honest question's answer").isPositive();
      neighbour.answers(100);
      assertThat(card.count("ringfaults") + card.count("broken")).isZero();
    }
  }
}
