package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.testing.Frames;

/**
 * Two guests that the kernel joins, by taps in a bridge or over a pair of links: what one leaves
 * undone reaches the other undone if it takes it so, else as the reference does it, whether that is
 * the kernel's doing or ours.
 */
class LinkOffloadTest {
  private static final long ALL = Guest.MODERN | Offloads.ALL;

  /** Guests without tags, on links with them. */
  private static final String TAGGED = "over=STUB,uplink=LINK,vlan_id=10";

  private final NetNamespace namespace = NetNamespace.withTun();
  private final List<Guest> guests = new ArrayList<>();

  @AfterEach
  void close() {
    guests.forEach(Guest::close);
    namespace.close();
  }

  private Guest guest(String name, String mac, String properties, long features) {
    String addresses = ",allowed-ips.0=" + IP_A + ",allowed-ips.1=" + UndoneFrame.IP6_A;
    NetDevice device =
        namespace.call(() ->
            NetDevice.open(
                Devices.config("vnic,id=" + name + ",macaddr=" + mac + addresses + properties)));
    Guest guest = new Guest(device, features);
    guests.add(guest);
    return guest;
  }

  /** A guest on a tap in the bridge. */
  private Guest bridged(String name, String mac, String properties, long features) {
    Guest guest = guest(name, mac, ",kind=tap" + properties, features);
    namespace.ip("link", "set", name, "master", "br0", "mtu", "9000");
    namespace.ip("link", "set", name, "up", "addrgenmode", "none");
    return guest;
  }

  /** Guests over the two ends of a pair of links, of the same kind. */
  private void pair(String properties) {
    namespace.ipOrSkip("veth", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    for (String end : List.of("v0", "v1")) {
      namespace.ip("link", "set", end, "up", "addrgenmode", "none");
    }
    namespace.awaitRunning("v0");
    for (int i = 0; i < 2; i++) {
      String link = properties.replace("LINK", "v" + i).replace("STUB", Devices.stubName());
      Guest guest = guest("net" + i, i == 0 ? MAC_A : MAC_B, "," + link, ALL);
      if (link.contains("kind=macvtap")) {
        namespace.awaitRunning("net" + i);
      }
      guest.offer(Guest.RING, 4096);
    }
  }

  /** The next frames of A's, of so many bytes in all; what the kernel says of its own is left. */
  private static List<byte[]> await(Guest guest, int bytes) {
    List<byte[]> frames = new ArrayList<>();
    Await.until(
        bytes + " bytes",
        () -> {
          guest.device().sources(0).forEach(source -> source.poll(64));
          guest.receive();
          guest.received().stream()
              .filter(frame -> Arrays.equals(frame, 6, 12, Frames.mac(MAC_A), 0, 6))
              .forEach(frames::add);
          return frames.stream().mapToInt(frame -> frame.length).sum() >= bytes;
        });
    return frames;
  }

  @ParameterizedTest
  @CsvSource({
    "false,true,1448,64000",
    "true,true,1428,65000",
    "false,false,1472,60000",
    "true,false,1000,60000",
    "false,true,8900,60000",
    "false,true,0,1000",
    "true,false,0,20"
  })
  void whatOneGuestLeavesUndone_isDoneForTheOther_orNot(
      boolean ipv6, boolean tcp, int segment, int payload) {
    namespace.bridge("br0");
    Guest a = bridged("taba", MAC_A, ",mtu=9000", ALL);
    Guest whole = bridged("tabb", MAC_B, ",mtu=9000", ALL);
    UndoneFrame frame = UndoneFrame.of(ipv6, tcp, segment, payload);
    whole.offer(Guest.RING, 4096);

    a.queueLong(frame.header(), frame.bytes());
    a.transmit();
    int bytes = frame.finished().stream().mapToInt(each -> each.length).sum();
    List<byte[]> asItIs = await(whole, frame.bytes().length);
    whole.reboot(Guest.MODERN);
    whole.offer(Guest.RING, 4096);
    a.queueLong(frame.header(), frame.bytes());
    a.transmit();
    List<byte[]> finished = await(whole, bytes);

    if (frame.bytes().length > 128) { // else it is finished before it leaves
      assertThat(asItIs).containsExactly(frame.bytes());
    }
    assertThat(finished).containsExactlyElementsOf(frame.finished());
    assertThat(a.sent()).isEqualTo(2);
    assertThat(a.count("oerrors")).isZero();
    assertThat(whole.count("ierrors")).isZero();
  }

  /** More pieces than the kernel takes are fewer when the beginning is copied. */
  @Test
  void frameInCountlessPieces_leavesOrIsCounted() {
    namespace.bridge("br0");
    Guest a = bridged("taba", MAC_A, "", ALL);
    Guest b = bridged("tabb", MAC_B, "", ALL);
    UndoneFrame frame = UndoneFrame.tcp(1448, 60_000);
    b.offer(Guest.RING, 4096);
    a.queueInPieces(frame.header(), frame.bytes(), 250);
    a.transmit();

    assertThat(await(b, 60_000)).containsExactly(frame.bytes());
    assertThat(a.count("oerrors")).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kind=macvtap,over=LINK | 1400 | 64000",
        "kind=packet,over=LINK | 1400 | 64000",
        "kind=packet,over=LINK | 0 | 1000",
        "over=STUB,uplink=LINK | 1400 | 64000",
        TAGGED + " | 1400 | 64000",
        TAGGED + " | 0 | 1000"
      })
  void whatIsLeftUndone_crossesAnyLink(String properties, int segment, int payload) {
    pair(properties);
    Guest a = guests.getFirst();
    Guest b = guests.getLast();
    for (boolean ipv6 : List.of(false, true)) {
      UndoneFrame frame = UndoneFrame.of(ipv6, true, segment, payload);
      b.reboot(ALL);
      b.offer(Guest.RING, 4096);
      a.queueLong(frame.header(), frame.bytes());
      a.transmit();
      assertThat(await(b, frame.bytes().length)).containsExactly(frame.bytes());

      b.reboot(Guest.MODERN);
      b.offer(Guest.RING, 4096);
      a.queueLong(frame.header(), frame.bytes());
      a.transmit();
      int bytes = frame.finished().stream().mapToInt(each -> each.length).sum();
      assertThat(await(b, bytes)).containsExactlyElementsOf(frame.finished());
    }
    assertThat(a.count("oerrors")).isZero();
    assertThat(b.count("ierrors")).isZero();
  }

  /** Who sends does not know what the uplink's link takes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "over=STUB,uplink=LINK",
        TAGGED,
        "over=STUB,uplink=xdp:LINK",
        "over=STUB,uplink=xdp:LINK,vlan_id=10"
      })
  void whatAnUplinksLinkDoesNotDo_isDoneBefore(String properties) {
    pair(properties);
    UndoneFrame frame = UndoneFrame.of(false, false, 1400, 60_000);

    guests.getFirst().queueLong(frame.header(), frame.bytes());
    guests.getFirst().transmit();

    int bytes = frame.finished().stream().mapToInt(each -> each.length).sum();
    assertThat(await(guests.getLast(), bytes)).containsExactlyElementsOf(frame.finished());
    assertThat(guests.getFirst().count("uplink-oerrors")).isZero();
  }
}
