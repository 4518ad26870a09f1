package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.testing.Frames;

/** Which flow a frame belongs to: with frames that the test makes from what it knows of them. */
class FlowTableTest {
  private final Frame view = new Frame();

  private static FlowTable table(String... flows) {
    List<FlowConfig> configs = new ArrayList<>();
    for (int i = 0; i < flows.length; i++) {
      configs.add(FlowConfig.parse("f" + i, flows[i]));
    }
    return new FlowTable(configs, null, 0);
  }

  /** The number of the frame's flow, -1 if it has none. */
  private int find(FlowTable table, boolean outgoing, byte[] frame) {
    @Nullable Flow flow = table.find(Recorder.batch(frame), 0, outgoing, view);
    return flow == null ? -1 : Integer.parseInt(flow.config().name().substring(1));
  }

  private static byte[] udp(int sourcePort, int targetPort) {
    return Frames.udpFrame(MAC_B, MAC_A, IP_A, IP_B, sourcePort, targetPort, new byte[20]);
  }

  private static byte[] udp6(int sourcePort, int targetPort) {
    byte[] ports =
        Frames.join(Frames.u16(sourcePort), Frames.u16(targetPort), Frames.u16(8), Frames.u16(0));
    return ipv6(17, ports);
  }

  private static byte[] ipv6(int next, byte[] payload) {
    byte[] header =
        Frames.join(
            Frames.octets(0x6b, 0x80, 0, 0), // traffic class 0xb8
            Frames.u16(payload.length),
            Frames.octets(next, 64),
            Frames.ip("2001:db8::a"),
            Frames.ip("2001:db8:1::b"));
    return Frames.ethernet(MAC_B, MAC_A, 0x86dd, Frames.join(header, payload));
  }

  @ParameterizedTest
  @CsvSource({
    "local_ip=192.0.2.10, true",
    "local_ip=192.0.2.0/24, true",
    "local_ip=192.0.2.11, false",
    "remote_ip=192.0.2.11, true",
    "remote_ip=192.0.2.10, false",
    "transport=udp, true",
    "transport=tcp, false",
    "'transport=udp,local_port=1000', true",
    "'transport=udp,local_port=2000', false",
    "'transport=udp,remote_port=2000', true",
    "'transport=udp,remote_port=1000', false",
    "dsfield=0, true",
    "dsfield=0xb8:0xfc, false",
    "'local_ip=192.0.2.10,remote_ip=192.0.2.11,transport=udp,local_port=1000,remote_port=2000,dsfield=0x0:0xfc', true",
    "local_ip=2001:db8::a, false",
  })
  void localIsTheGuestsSide_whicheverWayAFrameGoes(String flow, boolean matches) {
    int expected = matches ? 0 : -1;
    assertThat(find(table(flow), true, udp(1000, 2000))).isEqualTo(expected);
    byte[] back = Frames.udpFrame(MAC_A, MAC_B, IP_B, IP_A, 2000, 1000, new byte[20]);
    assertThat(find(table(flow), false, back)).isEqualTo(expected);
    byte[] tagged = Frames.tagged(7, udp(1000, 2000));
    assertThat(find(table(flow), true, tagged)).as("with a VLAN tag").isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "local_ip=2001:db8::a, true",
    "local_ip=2001:db8::/64, true",
    "remote_ip=2001:db8::/64, false",
    "remote_ip=2001:db8:1::b, true",
    "'transport=udp,local_port=1000', true",
    "'transport=udp,remote_port=1000', false",
    "dsfield=b8:fc, true",
    "dsfield=b8:ff, true",
    "dsfield=00:20, false",
    "local_ip=192.0.2.10, false",
  })
  void ofIpv6Too(String flow, boolean matches) {
    assertThat(find(table(flow), true, udp6(1000, 2000))).isEqualTo(matches ? 0 : -1);
  }

  @Test
  void ofSeveral_theOneThatSaysMost() {
    FlowTable table =
        table(
            "transport=udp",
            "local_ip=192.0.2.0/24",
            "local_ip=192.0.2.10",
            "transport=udp,local_port=1000");
    assertThat(find(table, true, udp(5, 6))).as("32 bits of an address, against 8").isEqualTo(2);
    assertThat(find(table("transport=udp", "transport=udp,local_port=1000"), true, udp(1000, 6)))
        .isEqualTo(1);
    assertThat(find(table("transport=udp", "transport=udp"), true, udp(1, 2)))
        .as("the first by name")
        .isZero();
  }

  @Test
  void whatIsNoIp_hasNoFlow() {
    FlowTable table = table("dsfield=0:1", "transport=udp", "local_ip=0.0.0.0/0", "local_ip=::/0");
    byte[] arp = Frames.arp(1, MAC_A, IP_A, IP_B);
    assertThat(find(table, true, arp)).isEqualTo(-1);
    byte[] short4 = Frames.ethernet(MAC_B, MAC_A, 0x800, new byte[10]);
    assertThat(find(table, true, short4)).isEqualTo(-1);
  }

  /** Later parts of a datagram have no ports; they belong to what goes by addresses alone. */
  @Test
  void aLaterFragment_isOfNoPort() {
    byte[] fragment = udp(1000, 2000);
    fragment[20] = 0x20; // more fragments
    fragment[21] = 10; // from byte 80 on
    assertThat(find(table("transport=udp,local_port=1000"), true, fragment)).isEqualTo(-1);
    assertThat(find(table("transport=udp"), true, fragment)).isZero();
  }

  /** Behind options, and behind extension headers, within what was copied. */
  @Test
  void portsAreFoundWhereTheyAre() {
    byte[] destinationOptions =
        Frames.join(
            Frames.octets(17, 0, 1, 4, 0, 0, 0, 0), Frames.u16(1000), Frames.u16(53), new byte[4]);
    assertThat(find(table("transport=udp,remote_port=53"), true, ipv6(60, destinationOptions)))
        .isZero();
  }

  /** What nobody can look into must not carry what is blocked. */
  @Test
  void aChainOfHeadersWithoutEnd_isBlocked_andNotLimited() {
    byte[] chain = new byte[8 * 40];
    for (int i = 0; i < chain.length; i += 8) {
      chain[i] = 60;
      chain[i + 2] = 1;
      chain[i + 3] = 4;
    }
    byte[] frame = ipv6(60, chain);
    assertThat(find(table("transport=tcp,remote_port=25,maxbw=0"), true, frame)).isZero();
    assertThat(find(table("transport=tcp,remote_port=25,maxbw=5"), true, frame)).isEqualTo(-1);
    assertThat(find(table("remote_ip=2001:db9::/32,transport=tcp,maxbw=0"), true, frame))
        .as("to somewhere else")
        .isEqualTo(-1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "maxbw=5",
        "priority=high",
        "transport=esp",
        "local_port=80",
        "transport=icmp,local_port=80",
        "transport=tcp,local_port=0",
        "transport=tcp,local_port=65536",
        "transport=tcp,local_port=http",
        "transport=tcp,transport=udp",
        "transport",
        "transport=",
        "local_ip=192.0.2.300",
        "local_ip=192.0.2.1/24",
        "local_ip=192.0.2.1,remote_ip=::1",
        "local_ip=192.0.2.1,transport=icmpv6",
        "local_ip=::1,transport=icmp",
        "dsfield=100",
        "dsfield=ff:0f",
        "dsfield=0:0",
        "local_iq=192.0.2.1",
        "transport=tcp,maxbw=lots",
        "transport=tcp,maxbw=-1",
        "transport=tcp,maxbw=1001G",
        "transport=tcp,maxbw=9999999999999G",
        "transport=tcp,maxbw=1K",
        "transport=tcp,priority=urgent",
        "transport=tcp,priority=HIGH",
        "transport=tcp,priority=",
        "transport=tcp,priority=low,priority=low",
        "transport=tcp,,",
      })
  void whatCannotBe_isSaidInOneLine(String flow) {
    assertThatThrownBy(() -> FlowConfig.parse("web", flow))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("flow web: ")
        .hasMessageMatching(".+");
  }

  @ParameterizedTest
  @ValueSource(strings = {"high", "medium", "low"})
  void aPriority_isKeptInItsPlace(String priority) {
    FlowConfig flow = FlowConfig.parse("web", "priority=" + priority + ",maxbw=5,transport=tcp");

    assertThat(flow.text()).isEqualTo("transport=tcp,maxbw=5,priority=" + priority);
    assertThat(FlowConfig.parse("web", flow.text())).isEqualTo(flow);
    assertThat(table("transport=tcp").isRanked()).isFalse();
    assertThat(table("transport=udp", flow.text()).isRanked()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0x", "a b", "über", "a.b", "abcdefghijklmnopqrstuvwxyzabcdefgh"})
  void aNameThatIsNone_isRefused(String name) {
    assertThatThrownBy(() -> FlowConfig.parse(name, "transport=tcp"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a name is");
  }

  /** What a random frame is made of. */
  private record Made(
      boolean ipv6, String source, String target, int transport, int from, int to, int dsfield) {
    static Made of(Random random) {
      boolean ipv6 = random.nextBoolean();
      return new Made(
          ipv6,
          address(random, ipv6),
          address(random, ipv6),
          List.of(6, 17, 132, 1, 58, 89).get(random.nextInt(6)),
          1 + random.nextInt(3),
          1 + random.nextInt(3),
          random.nextInt(4));
    }

    private static String address(Random random, boolean ipv6) {
      return (ipv6 ? "2001:db8::" : "192.0.2.") + (1 + random.nextInt(3));
    }

    private boolean hasPorts() {
      return transport == 6 || transport == 17 || transport == 132;
    }

    byte[] frame() {
      byte[] payload = new byte[40];
      if (hasPorts()) {
        payload = Frames.join(Frames.u16(from), Frames.u16(to), new byte[40]);
      }
      byte[] header =
          ipv6
              ? Frames.join(
                  Frames.octets(0x60 | dsfield >> 4, dsfield << 4, 0, 0),
                  Frames.u16(payload.length),
                  Frames.octets(transport, 64))
              : Frames.join(
                  Frames.octets(0x45, dsfield),
                  Frames.u16(20 + payload.length),
                  Frames.octets(0, 0, 0, 0, 64, transport, 0, 0));
      byte[] packet = Frames.join(header, Frames.ip(source), Frames.ip(target), payload);
      return Frames.ethernet(MAC_B, MAC_A, ipv6 ? 0x86dd : 0x800, packet);
    }

    /** Whether the flow, in its words, is this frame's. */
    boolean isOf(FlowConfig flow, boolean outgoing) {
      return flow.match().attributes().entrySet().stream()
          .allMatch(each -> {
            String wanted = each.getValue();
            return switch (each.getKey()) {
              case "local_ip" -> in(outgoing ? source : target, wanted);
              case "remote_ip" -> in(outgoing ? target : source, wanted);
              case "transport" -> transport == number(wanted);
              case "local_port" -> hasPorts() && wanted.equals("" + (outgoing ? from : to));
              case "remote_port" -> hasPorts() && wanted.equals("" + (outgoing ? to : from));
              case "dsfield" ->
                  (dsfield & Integer.decode(wanted.substring(5)))
                      == Integer.decode(wanted.substring(0, 4));
              default -> throw new AssertionError(each);
            };
          });
    }

    /** Whole addresses, or all of a family. */
    private static boolean in(String address, String range) {
      String any = address.contains(":") ? "/0" : "0.0.0.0/0";
      if (range.endsWith("/0")) {
        return range.endsWith(any) && range.contains(":") == address.contains(":");
      }
      byte[] lowest = Frames.ip(range.substring(0, range.indexOf('/')));
      return Arrays.equals(Frames.ip(address), lowest);
    }

    private static int number(String transport) {
      return switch (transport) {
        case "tcp" -> 6;
        case "udp" -> 17;
        case "sctp" -> 132;
        case "icmp" -> 1;
        default -> 58;
      };
    }
  }

  private static String randomFlow(Random random) {
    List<String> parts = new ArrayList<>();
    boolean ipv6 = random.nextBoolean();
    for (String end : List.of("local_ip=", "remote_ip=")) {
      int choice = random.nextInt(4);
      if (choice == 0) {
        parts.add(end + (ipv6 ? "::/0" : "0.0.0.0/0"));
      } else if (choice == 1) {
        parts.add(end + Made.address(random, ipv6));
      }
    }
    if (random.nextBoolean()) {
      parts.add("transport=" + List.of("tcp", "udp", "sctp").get(random.nextInt(3)));
      if (random.nextBoolean()) {
        parts.add("local_port=" + (1 + random.nextInt(3)));
      }
      if (random.nextBoolean()) {
        parts.add("remote_port=" + (1 + random.nextInt(3)));
      }
    } else if (parts.isEmpty() || random.nextInt(3) == 0) {
      int mask = 1 + random.nextInt(3);
      parts.add("dsfield=%x:%x".formatted(random.nextInt(4) & mask, mask));
    }
    return String.join(",", parts);
  }

  /**
   * Against a reader of the words themselves: the frame's flow is one that it matches, no other
   * says more.
   */
  @RepeatedTest(50)
  void model_theFlowFound_isTheOneThatTheWordsMean() {
    long seed = Long.getLong("kvmzone.seed", System.nanoTime());
    Random random = new Random(seed);
    String[] flows = new String[1 + random.nextInt(FlowConfig.MAX_FLOWS)];
    Arrays.setAll(flows, i -> randomFlow(random));
    FlowTable table = table(flows);
    for (int i = 0; i < 200; i++) {
      Made made = Made.of(random);
      boolean outgoing = random.nextBoolean();
      @Nullable Flow found = table.find(Recorder.batch(made.frame()), 0, outgoing, view);
      @Nullable Flow meant =
          table.flows().stream()
              .filter(flow -> made.isOf(flow.config(), outgoing))
              .findFirst()
              .orElse(null);
      assertThat(found)
          .as("seed %d: %s %s of %s", seed, outgoing ? "from" : "to", made, List.of(flows))
          .isSameAs(meant);
    }
  }

  /** A frame is mostly like the one before it, or differs from it in one byte. */
  private static byte[][] likeOneAnother(Random random) {
    byte[][] frames = new byte[FrameBatch.MAX_FRAMES][];
    for (int i = 0; i < frames.length; i++) {
      int kind = i == 0 ? 0 : random.nextInt(10);
      frames[i] = kind == 0 ? Made.of(random).frame() : frames[i - 1].clone();
      if (kind == 1) {
        frames[i][12 + random.nextInt(30)] ^= (byte) (1 << random.nextInt(8));
      }
    }
    return frames;
  }

  /** The second of two frames differs in one bit; the flow is told by every bit that tells any. */
  @Test
  void aFrameThatDiffersInAnyBit_isLookedUpByItself() {
    FlowTable table =
        table(
            "local_ip=192.0.2.10,remote_ip=192.0.2.11,transport=udp,local_port=1000,"
                + "remote_port=2000,dsfield=0:ff");
    byte[] first = udp(1000, 2000);
    for (int bit = 8 * 12; bit < 8 * 38; bit++) {
      byte[] second = first.clone();
      second[bit / 8] ^= (byte) (1 << bit % 8);
      for (byte[][] frames : new byte[][][] {{first, second}, {second, first}}) {
        FrameBatch batch = Recorder.batch(frames);
        @Nullable Flow[] found = new Flow[2];
        boolean alike = table.findEach(batch, 3, true, view, found);
        @Nullable Flow[] alone = {
          table.find(batch, 0, true, view), table.find(batch, 1, true, view)
        };
        assertThat(found).as("byte %d, bit %d", bit / 8, bit % 8).containsExactly(alone);
        assertThat(alike).isEqualTo(found[0] == found[1]);
      }
    }
  }

  @RepeatedTest(50)
  void framesLookedAtTogether_haveTheFlowsThatEachHasAlone() {
    long seed = Long.getLong("kvmzone.seed", System.nanoTime());
    Random random = new Random(seed);
    String[] flows = new String[1 + random.nextInt(4)];
    Arrays.setAll(flows, i -> randomFlow(random));
    FlowTable table = table(flows);
    for (int i = 0; i < 20; i++) {
      FrameBatch batch = Recorder.batch(likeOneAnother(random));
      long frames = random.nextLong() >>> random.nextInt(64);
      boolean outgoing = random.nextBoolean();
      @Nullable Flow[] found = new Flow[FrameBatch.MAX_FRAMES];
      boolean alike = table.findEach(batch, frames, outgoing, view, found);
      @Nullable Flow[] alone = new Flow[FrameBatch.MAX_FRAMES];
      Set<@Nullable Flow> kinds = new HashSet<>();
      for (long left = frames; left != 0; left &= left - 1) {
        int frame = Long.numberOfTrailingZeros(left);
        alone[frame] = table.find(batch, frame, outgoing, view);
        kinds.add(alone[frame]);
      }
      assertThat(found).as("seed %d", seed).containsExactly(alone);
      assertThat(alike).as("seed %d", seed).isEqualTo(kinds.size() <= 1);
    }
  }
}
