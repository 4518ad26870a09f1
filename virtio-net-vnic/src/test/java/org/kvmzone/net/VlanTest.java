package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.packet.testing.Frames.tagged;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.VlanSet;
import org.kvmzone.packet.testing.Frames;
import org.kvmzone.packet.testing.Seeds;

/** Which frames reach which VLANs of a switch, and with which tags. */
class VlanTest {
  private static final int PRIORITY = 0xe000; // the highest

  private final Etherstub stub = new Etherstub(() -> TimeUnit.HOURS.toNanos(5));
  private final Map<String, Port> ports = new TreeMap<>();

  private final class Port {
    final Recorder recorder = new Recorder();
    final Drops drops;
    final String mac;
    final PortConfig config;
    private final Vnic vnic;

    Port(String name, PortConfig config) {
      mac = "52:54:00:00:00:%02x".formatted(ports.size() + 1);
      drops = new Drops(name);
      this.config = config;
      vnic =
          stub.attach(
              new PortConfig.Station(name, MacAddress.parse(mac)),
              config,
              1,
              recorder,
              drops,
              () -> {});
      ports.put(name, this);
    }

    void send(byte[]... frames) {
      assertThat(vnic.send(0, Recorder.batch(frames))).isEqualTo(frames.length);
    }
  }

  private Port access(String name, int vlan) {
    return new Port(name, new PortConfig(vlan, VlanSet.NONE, false, true));
  }

  private Port trunk(String name, int vlan, String... tagged) {
    return new Port(name, new PortConfig(vlan, VlanSet.parse(List.of(tagged)), false, true));
  }

  private static byte[] frame(String to, Port from, int length) {
    byte[] frame = Frames.ethernet(to, from.mac, 0x88b5, new byte[length]);
    for (int i = 14; i < frame.length; i++) {
      frame[i] = (byte) i;
    }
    return frame;
  }

  private static byte[] broadcast(Port from) {
    return frame(Frames.BROADCAST, from, 46);
  }

  private void assertReceived(Port port, byte[]... frames) {
    assertThat(port.recorder.take()).containsExactly(frames);
  }

  @Test
  void accessPorts_ofOneVlan_reachEachOther_andNobodyElse() {
    Port a = access("a", 10);
    Port b = access("b", 10);
    Port other = access("other", 20);
    Port none = access("none", 0);
    byte[] toAll = broadcast(a);
    byte[] toB = frame(b.mac, a, 46);

    a.send(toAll, toB, frame(other.mac, a, 46), frame(none.mac, a, 46));

    // What is a port's address elsewhere is unknown here: it goes to all of the VLAN.
    assertReceived(b, toAll, toB, frame(other.mac, a, 46), frame(none.mac, a, 46));
    assertReceived(other);
    assertReceived(none);
    none.send(broadcast(none));
    assertReceived(a);
    assertReceived(b);
  }

  @ParameterizedTest
  @ValueSource(ints = {46, 109, 110, 111, 112, 113, 114, 115, 116, 700, 1500})
  void trunk_seesTags_accessPortsDoNot(int length) {
    Port access = access("access", 10);
    Port trunk = trunk("trunk", 0, "10", "20");
    byte[] out = frame(trunk.mac, access, length);
    byte[] back = frame(access.mac, trunk, length);

    access.send(out);
    assertReceived(trunk, tagged(10, out));
    trunk.send(tagged(10, back), tagged(PRIORITY | 10, back));
    assertReceived(access, back, back);
  }

  @Test
  void priority_isKept_whereThereIsATag() {
    Port trunk = trunk("trunk", 0, "10");
    Port other = trunk("other", 0, "10");
    Port access = access("access", 10);
    byte[] frame = broadcast(trunk);

    trunk.send(tagged(PRIORITY | 10, frame));
    assertReceived(other, tagged(PRIORITY | 10, frame));
    assertReceived(access, frame);

    byte[] from = broadcast(access);
    access.send(tagged(PRIORITY, from)); // of no VLAN: as if untagged
    assertReceived(trunk, tagged(PRIORITY | 10, from));
    assertReceived(other, tagged(PRIORITY | 10, from));
  }

  @Test
  void priorityTag_isOfNoVlan() {
    Port a = access("a", 0);
    Port b = access("b", 0);

    a.send(tagged(PRIORITY, broadcast(a)), broadcast(a));

    assertReceived(b, broadcast(a), broadcast(a));
  }

  @Test
  void guestAtAnAccessPort_cannotChooseItsVlan() {
    Port a = access("a", 10);
    Port b = access("b", 10);
    Port plain = access("plain", 0);
    Port trunk = trunk("trunk", 10, "20");
    Port victim = access("victim", 20);
    byte[] frame = broadcast(a);
    byte[] service = tagged(20, frame);
    service[12] = (byte) 0x88;
    service[13] = (byte) 0xa8;
    byte[][] attempts = {
      tagged(20, frame),
      tagged(10, frame), // its own
      tagged(0xfff, frame),
      tagged(10, tagged(20, frame)),
      tagged(0, tagged(20, frame)), // taken off, the second would be at work
      tagged(0, service),
      service,
      Frames.slice(tagged(0, frame), 0, 16), // half a tag
    };

    a.send(attempts);
    plain.send(attempts);

    for (Port port : ports.values()) {
      assertReceived(port);
    }
    assertThat(a.drops.of(Drop.FOREIGN_VLAN)).isEqualTo(attempts.length);
    assertThat(plain.drops.of(Drop.FOREIGN_VLAN)).isEqualTo(attempts.length);
    assertThat(List.of(b, trunk, victim)).hasSize(3);
  }

  @Test
  void trunk_isKeptToItsVlans() {
    Port trunk = trunk("trunk", 0, "10-19");
    Port twenty = access("twenty", 20);
    Port ten = access("ten", 10);

    trunk.send(tagged(20, broadcast(trunk)), tagged(10, tagged(20, broadcast(trunk))));
    twenty.send(broadcast(twenty));

    assertReceived(twenty);
    assertReceived(ten);
    assertReceived(trunk);
    assertThat(trunk.drops.of(Drop.FOREIGN_VLAN)).isEqualTo(2);
  }

  @Test
  void stationsAreLearned_inEachVlanByItself() {
    Port ten = access("ten", 10);
    Port eleven = access("eleven", 11);
    Port trunk = trunk("trunk", 0, "10", "11");
    Port both = trunk("both", 0, "10", "11");
    String behind = "52:54:00:00:00:77";
    byte[] hello = Frames.ethernet(ten.mac, behind, 0x88b5, new byte[46]);
    trunk.send(tagged(10, hello));
    assertReceived(ten, hello);

    ten.send(frame(behind, ten, 46));
    assertReceived(trunk, tagged(10, frame(behind, ten, 46)));
    assertReceived(both);
    eleven.send(frame(behind, eleven, 46));
    assertReceived(trunk, tagged(11, frame(behind, eleven, 46)));
    assertReceived(both, tagged(11, frame(behind, eleven, 46)));
  }

  @Test
  void framesOfAVlan_stayInOrder_whateverTheirTags() {
    Port trunk = trunk("trunk", 7, "10");
    Port other = trunk("other", 10, "7");
    byte[][] sent = new byte[FrameBatch.MAX_FRAMES][];
    byte[][] expected = new byte[sent.length][];
    SplittableRandom random = Seeds.random();
    for (int i = 0; i < sent.length; i++) {
      byte[] frame = frame(Frames.BROADCAST, trunk, 46 + i);
      boolean ten = random.nextBoolean();
      sent[i] = ten ? tagged(10, frame) : frame;
      expected[i] = ten ? frame : tagged(7, frame);
    }

    trunk.send(sent);

    assertThat(other.recorder.take()).as(Seeds.repeat()).containsExactly(expected);
  }

  /** Against a switch of the plainest kind: each frame for itself, by the rules of 802.1Q. */
  @Test
  void likeTheModel() {
    SplittableRandom random = Seeds.random();
    for (int round = 0; round < 60; round++) {
      ports.values().forEach(port -> port.vnic.close());
      ports.clear();
      for (int i = 0; i < 6; i++) {
        int vlan = random.nextInt(4);
        List<String> tags = new ArrayList<>();
        for (int id = 1; id < 4; id++) {
          if (id != vlan && random.nextBoolean()) {
            tags.add("" + id);
          }
        }
        boolean isTrunk = random.nextBoolean();
        PortConfig config =
            new PortConfig(
                vlan, isTrunk ? VlanSet.parse(tags) : VlanSet.NONE, random.nextInt(3) == 0, true);
        new Port("p" + i, config);
      }
      for (int batch = 0; batch < 5; batch++) {
        sendAndCompare(random);
      }
    }
  }

  private void sendAndCompare(SplittableRandom random) {
    List<Port> all = List.copyOf(ports.values());
    Port from = all.get(random.nextInt(all.size()));
    List<List<byte[]>> expected = new ArrayList<>();
    all.forEach(_ -> expected.add(new ArrayList<>()));
    byte[][] frames = new byte[1 + random.nextInt(FrameBatch.MAX_FRAMES)][];
    for (int i = 0; i < frames.length; i++) {
      Port to = all.get(random.nextInt(all.size()));
      boolean toAll = random.nextInt(3) == 0;
      byte[] bare = frame(toAll ? Frames.BROADCAST : to.mac, from, 46 + random.nextInt(200));
      int tag = random.nextInt(5) - 1; // none, a priority, or 1 to 3
      frames[i] = tag < 0 ? bare : tagged(tag, bare);
      int vlan = tag <= 0 ? from.config.vlan() : tag;
      if (tag > 0 && !from.config.trunks().contains(tag)) {
        continue;
      }
      boolean known = !toAll && to.config.carries(vlan);
      for (Port port : all) {
        boolean meant = known ? port.equals(to) : port.config.carries(vlan);
        boolean kept = from.config.isolated() && port.config.isolated();
        if (!port.equals(from) && meant && !kept) {
          expected
              .get(all.indexOf(port))
              .add(port.config.vlan() == vlan ? bare : tagged(vlan, bare));
        }
      }
    }

    from.send(frames);

    for (int i = 0; i < all.size(); i++) {
      assertThat(all.get(i).recorder.take())
          .as(Seeds.repeat())
          .containsExactlyElementsOf(expected.get(i));
    }
  }

  @Test
  void guestOnATrunk_withLinkProtection_usesItsVlansOnly() {
    String name = Devices.stubName();
    try (Guest trunk = new Guest(Devices.a(name, ",ip-nospoof=off,trunks.0=10,trunks.1=20-29"));
        Guest access = new Guest(Devices.b(name, ",mac-nospoof=off,ip-nospoof=off,vlan_id=10"))) {
      trunk.offer(8, 2048);
      access.offer(8, 2048);
      byte[] frame = TransmitTest.frame(5);

      assertThat(trunk.send(tagged(10, frame), tagged(30, frame), tagged(20, frame), frame))
          .isEqualTo(4);

      access.receive();
      assertThat(access.received()).containsExactly(frame);
      assertThat(trunk.count("restricted")).isEqualTo(1);
      assertThat(trunk.count("txvlan")).isZero();
      assertThat(access.send(tagged(10, frame), tagged(0, frame))).isEqualTo(2);
      assertThat(access.count("restricted")).isEqualTo(1);
    }
  }

  @Test
  void isolatedPorts_reachTheOthers_andNotEachOther() {
    Port a = new Port("a", new PortConfig(0, VlanSet.NONE, true, true));
    Port b = new Port("b", new PortConfig(0, VlanSet.NONE, true, true));
    Port open = new Port("open", PortConfig.PLAIN);

    a.send(broadcast(a), frame(b.mac, a, 46), frame(open.mac, a, 46));
    open.send(broadcast(open), frame(a.mac, open, 46));

    assertReceived(b, broadcast(open));
    assertReceived(open, broadcast(a), frame(open.mac, a, 46));
    assertReceived(a, broadcast(open), frame(a.mac, open, 46));
    assertThat(a.drops.of(Drop.ISOLATED)).isEqualTo(1);
  }
}
