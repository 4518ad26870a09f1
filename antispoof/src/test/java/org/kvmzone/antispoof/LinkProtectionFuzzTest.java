package org.kvmzone.antispoof;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.Arguments;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpPrefix;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.Frames;
import org.kvmzone.packet.testing.Seeds;

/** Whatever a guest sends: no exception, and what passes keeps to what can be said in one line. */
class LinkProtectionFuzzTest {
  private static final long MAC = MacAddress.parse("52:54:00:12:34:56").value();
  private static final int ME = Ipv4Address.parse("192.0.2.10").value();

  private final SplittableRandom random = Seeds.random();
  private final LinkProtection protection =
      new LinkProtection(
          LinkProtectionConfig.builder(new MacAddress(MAC))
              .ip(new Ipv4Address(ME))
              .allowedIp(IpPrefix.parse("2001:db8:1::/64"))
              .build());

  @Test
  void anyFrame() {
    byte[][] frames =
        LinkProtectionTest.matrix()
            .map(Arguments::get)
            .map(row -> (byte[]) row[1])
            .toArray(byte[][]::new);
    int glances = 0;
    EnumSet<Verdict> seen = EnumSet.noneOf(Verdict.class);
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = spoil(frames[random.nextInt(frames.length)].clone());
      int captured = random.nextInt(8) > 0 ? bytes.length : random.nextInt(bytes.length + 1);
      Frame frame = Frames.parse(bytes, captured, bytes.length);
      Verdict verdict = protection.check(frame);
      seen.add(verdict);
      if (verdict.passes()) {
        assertPasses(frame);
      }
      if (protection.passesAtAGlance(MemorySegment.ofArray(bytes), 0, bytes.length)) {
        glances++;
        assertIsPlain(Frames.parse(bytes, bytes.length, bytes.length));
      }
    }
    assertThat(glances).as(Seeds.repeat()).isPositive();
    // All but the client ids, which this configuration doesn't check.
    assertThat(seen).as(Seeds.repeat()).hasSize(Verdict.values().length - 1);
  }

  private void assertIsPlain(Frame frame) {
    assertThat(protection.check(frame)).as(Seeds.repeat()).isEqualTo(Verdict.PASS);
    assertThat(frame.isIpv4() && !frame.isTagged() && !frame.isFragment() && !frame.isDhcp())
        .as(Seeds.repeat())
        .isTrue();
    assertThat(frame.sourcePort()).as(Seeds.repeat()).isNotNegative();
  }

  private byte[] spoil(byte[] bytes) {
    for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return bytes;
  }

  private static void assertPasses(Frame frame) {
    assertThat(frame.source()).as(Seeds.repeat()).isEqualTo(MAC);
    switch (frame.etherType()) {
      case EtherType.IPV4 -> assertThat(frame.ipv4Source()).as(Seeds.repeat()).isIn(ME, 0);
      case EtherType.ARP -> {
        assertThat(frame.arpSenderMac()).as(Seeds.repeat()).isEqualTo(MAC);
        assertThat(frame.arpSenderIp()).as(Seeds.repeat()).isIn(ME, 0);
      }
      case EtherType.IPV6 ->
          assertThat(frame.ipv6SourceHigh())
              .as(Seeds.repeat())
              .isIn(0L, 0xfe80L << 48, 0x2001_0db8_0001_0000L);
      default -> throw new AssertionError(frame.etherType() + " passed, " + Seeds.repeat());
    }
  }
}
