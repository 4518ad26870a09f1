package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.Frames;

/** Where a switch sends a frame. */
class EtherstubTest {
  private long now = TimeUnit.HOURS.toNanos(5);
  private final Etherstub stub = new Etherstub(() -> now);
  private final List<Station> stations = new ArrayList<>();

  private final class Station {
    final Recorder recorder = new Recorder();
    final Drops drops;
    final String mac;
    final Vnic port;

    Station(int number) {
      mac = "52:54:00:00:00:%02x".formatted(number);
      drops = new Drops("net" + number);
      port =
          stub.attach(
              new PortConfig.Station("net" + number, MacAddress.parse(mac)),
              PortConfig.PLAIN,
              1,
              recorder,
              drops,
              () -> {});
      stations.add(this);
    }

    void send(byte[]... frames) {
      FrameBatch batch = Recorder.batch(frames);
      assertThat(port.send(0, batch)).isEqualTo(frames.length);
    }
  }

  private final Station a = new Station(1);
  private final Station b = new Station(2);
  private final Station c = new Station(3);

  private static byte[] frame(String to, String from, int number) {
    byte[] payload = new byte[46 + number];
    payload[0] = (byte) number;
    return Frames.ethernet(to, from, 0x88b5, payload);
  }

  private void assertReceived(List<byte[]> byA, List<byte[]> byB, List<byte[]> byC) {
    assertThat(a.recorder.take()).containsExactlyElementsOf(byA);
    assertThat(b.recorder.take()).containsExactlyElementsOf(byB);
    assertThat(c.recorder.take()).containsExactlyElementsOf(byC);
  }

  @Test
  void ownAddressesOfPorts_areKnown_beforeTheyHaveSentAnything() {
    byte[] toB = frame(b.mac, a.mac, 1);
    byte[] toC = frame(c.mac, a.mac, 2);

    a.send(toB, toC, toB);

    assertReceived(List.of(), List.of(toB, toB), List.of(toC));
  }

  @Test
  void groupsAndUnknownStations_areFlooded_inOrderWithTheRest() {
    byte[] broadcast = frame(Frames.BROADCAST, b.mac, 1);
    byte[] multicast = frame("33:33:00:00:00:01", b.mac, 2);
    byte[] unknown = frame("52:54:00:00:00:99", b.mac, 3);
    byte[] toC = frame(c.mac, b.mac, 4);

    b.send(toC, broadcast, toC, multicast, unknown, toC);

    assertReceived(
        List.of(broadcast, multicast, unknown),
        List.of(),
        List.of(toC, broadcast, toC, multicast, unknown, toC));
  }

  @Test
  void stationBehindAPort_isLearned_andForgotten() {
    String behind = "52:54:00:00:00:77";
    byte[] there = frame(behind, a.mac, 1);
    byte[] from = frame(a.mac, behind, 2);

    c.send(from);
    a.send(there);
    assertReceived(List.of(from), List.of(), List.of(there));

    now += TimeUnit.SECONDS.toNanos(MacTable.AGEING_SECONDS + 1);
    a.send(there);
    assertReceived(List.of(), List.of(there), List.of(there));
  }

  @Test
  void addressOfAPort_cannotBeTakenByAnother() {
    byte[] pretence = frame(a.mac, b.mac, 1);
    c.send(pretence);
    a.send(frame(b.mac, a.mac, 2));

    assertReceived(List.of(pretence), List.of(frame(b.mac, a.mac, 2)), List.of());
  }

  @Test
  void frameToItsOwnPort_isDropped() {
    String behind = "52:54:00:00:00:77";
    c.send(frame(a.mac, behind, 1));
    a.recorder.take();

    c.send(frame(behind, c.mac, 2), frame(c.mac, c.mac, 3));

    assertReceived(List.of(), List.of(), List.of());
    assertThat(c.drops.of(Drop.SAME_PORT)).isEqualTo(2);
  }

  @Test
  void portThatHasLeft_receivesNothing_andIsForgotten() {
    String behind = "52:54:00:00:00:77";
    c.send(frame(b.mac, behind, 1));
    b.recorder.take();
    c.port.close();

    a.send(frame(behind, a.mac, 2), frame(c.mac, a.mac, 3));

    assertReceived(List.of(), List.of(frame(behind, a.mac, 2), frame(c.mac, a.mac, 3)), List.of());
    Station next = new Station(4);
    a.send(frame(next.mac, a.mac, 5));
    c.port.close(); // again: its place is another's now
    a.send(frame(next.mac, a.mac, 6));
    assertThat(next.recorder.take())
        .containsExactly(frame(next.mac, a.mac, 5), frame(next.mac, a.mac, 6));
    assertThat(b.recorder.take()).isEmpty();
  }

  @Test
  void sixtyFourFramesAtOnce() {
    byte[][] frames = new byte[64][];
    for (int i = 0; i < 64; i++) {
      frames[i] = frame(i % 3 == 0 ? Frames.BROADCAST : b.mac, a.mac, i);
    }

    a.send(frames);

    assertThat(b.recorder.take()).containsExactly(frames);
    assertThat(c.recorder.take()).hasSize(22);
  }

  @Test
  void manyPorts() {
    for (int i = 10; i < 200; i++) {
      new Station(i);
    }
    a.send(frame(Frames.BROADCAST, a.mac, 1));
    for (Station station : stations.subList(1, stations.size())) {
      assertThat(station.recorder.take()).hasSize(1);
    }
    for (Station station : stations) {
      b.send(frame(station.mac, b.mac, 2));
      assertThat(station.recorder.take()).hasSize(station.equals(b) ? 0 : 1);
    }
  }

  @Test
  void twoPortsWithOneAddress_areRefused() {
    String name = Devices.stubName();
    try (NetDevice first = Devices.a(name, "")) {
      assertThatThrownBy(() -> Devices.a(name, ",ifname=other"))
          .isInstanceOf(SpecException.class)
          .hasMessage(
              "vnic neta: macaddr "
                  + Devices.MAC_A
                  + " is that of vnic neta on the same etherstub: give each its own");
      assertThat(first.id()).isEqualTo("neta");
    }
    // The etherstub has ended with its last port, and begins anew.
    Devices.a(name, "").close();
  }

  @Test
  void etherstubsOfDifferentNames_areSeparate() {
    try (Guest one = new Guest(Devices.a(Devices.stubName(), ",allowed-ips.0=" + Devices.IP_A));
        Guest other = new Guest(Devices.b(Devices.stubName(), ""))) {
      other.offer(4, 2048);
      one.send(TransmitTest.frame(5));

      assertThat(one.count("opackets64")).isEqualTo(1);
      assertThat(other.received()).isEmpty();
    }
  }
}
