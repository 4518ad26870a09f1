package org.kvmzone.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.packet.testing.Frames.arp;
import static org.kvmzone.packet.testing.Frames.echo;
import static org.kvmzone.packet.testing.Frames.ethernet;
import static org.kvmzone.packet.testing.Frames.extension;
import static org.kvmzone.packet.testing.Frames.fragmentHeader;
import static org.kvmzone.packet.testing.Frames.ipv4;
import static org.kvmzone.packet.testing.Frames.ipv6;
import static org.kvmzone.packet.testing.Frames.join;
import static org.kvmzone.packet.testing.Frames.linkAddress;
import static org.kvmzone.packet.testing.Frames.neighborDiscovery;
import static org.kvmzone.packet.testing.Frames.parse;
import static org.kvmzone.packet.testing.Frames.tagged;
import static org.kvmzone.packet.testing.Frames.tcp;
import static org.kvmzone.packet.testing.Frames.udp;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.packet.Frame.State;
import org.kvmzone.packet.testing.Seeds;

/** No byte behind the captured ones is read, and no bytes make a frame throw. */
class FrameBoundsTest {
  private static final String A = "52:54:00:12:34:56";
  private static final String B = "02:08:20:00:00:01";
  private static final String ME = "192.0.2.10";
  private static final String YOU = "198.51.100.7";

  private static final byte[][] VALID = valid().toArray(byte[][]::new);

  static Stream<byte[]> valid() {
    byte[] udp = udp(ME, YOU, 68, 67, new byte[40]);
    byte[] nd = neighborDiscovery(136, new byte[20], linkAddress(2, A), linkAddress(1, A));
    byte[] ah = join(new byte[] {58, 4}, new byte[22]);
    Stream<byte[]> untagged =
        Stream.of(
            ethernet(B, A, 0x806, arp(1, A, ME, YOU)),
            ethernet(B, A, 0x800, ipv4(ME, YOU, 17, udp)),
            ethernet(B, A, 0x800, ipv4(ME, YOU, 17, 0, new byte[40], udp)),
            ethernet(B, A, 0x800, ipv4(ME, YOU, 17, 0x2000, new byte[4], udp)),
            ethernet(B, A, 0x800, ipv4(ME, YOU, 17, 5, new byte[0], udp)),
            ethernet(B, A, 0x800, ipv4(ME, YOU, 6, tcp(1, 2))),
            ethernet(B, A, 0x800, ipv4(ME, YOU, 1, echo(8, new byte[30]))),
            ethernet(B, A, 0x86dd, ipv6("fe80::1", "ff02::1", 58, nd)),
            ethernet(B, A, 0x86dd, ipv6("fe80::1", "ff02::1", 51, join(ah, nd))),
            ethernet(
                B, A, 0x86dd, ipv6("::", "::1", 0, join(extension(44), fragmentHeader(58, 1), nd))),
            ethernet(B, A, 0x88cc, new byte[50]));
    return untagged.flatMap(frame -> Stream.of(frame, tagged(5, frame)));
  }

  @ParameterizedTest
  @MethodSource("valid")
  void everyShorterCaptureIsTheSameOrCut(byte[] bytes) {
    Frame whole = parse(bytes);
    assertThat(whole.state()).isEqualTo(State.SOUND);
    for (int captured = 0; captured <= bytes.length; captured++) {
      Frame part = parse(bytes, captured, bytes.length);
      readEverything(part);
      assertThat(part.state()).as("%d captured", captured).isNotEqualTo(State.MALFORMED);
      if (part.state() == State.SOUND) {
        assertThat(headers(part)).as("%d captured", captured).isEqualTo(headers(whole));
      } else {
        assertThat(part.needsWhole()).as("%d captured", captured).isTrue();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("valid")
  void everyShorterFrameIsJudgedWithoutWhatItHasNot(byte[] bytes) {
    for (int length = 0; length < bytes.length; length++) {
      Frame frame = parse(bytes, length, length);
      readEverything(frame);
      assertThat(frame.state()).as("%d octets", length).isNotEqualTo(State.CUT);
      assertThat(frame.needsWhole()).isFalse();
      if (frame.isIpv4() || frame.isIpv6()) {
        assertThat(frame.ipEnd()).isLessThanOrEqualTo(length);
      }
    }
  }

  @Test
  void whatLiesAroundAFrameMakesNoDifference() {
    SplittableRandom random = Seeds.random();
    Frame frame = new Frame();
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = spoiled(random);
      int captured = random.nextInt(bytes.length + 1);
      int before = random.nextInt(16);
      byte[] around = new byte[before + captured + 200];
      random.nextBytes(around);
      System.arraycopy(bytes, 0, around, before, captured);

      Frame alone = parse(bytes, captured, bytes.length);
      frame.wrap(MemorySegment.ofArray(around), before, captured, bytes.length);

      assertThat(headers(frame)).as(Seeds.repeat()).isEqualTo(headers(alone));
    }
  }

  @Test
  void noBytesThrow() {
    SplittableRandom random = Seeds.random();
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = spoiled(random);
      int captured = random.nextInt(bytes.length + 1);
      try {
        readEverything(parse(bytes, captured, bytes.length));
      } catch (RuntimeException e) {
        throw new AssertionError(Seeds.repeat(), e);
      }
    }
  }

  /** A valid frame with some octets changed, or with a random end, or nothing but random. */
  private static byte[] spoiled(SplittableRandom random) {
    byte[] bytes = VALID[random.nextInt(VALID.length)].clone();
    switch (random.nextInt(3)) {
      case 0 -> {
        for (int i = random.nextInt(1, 4); i > 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
      }
      case 1 -> {
        int from = random.nextInt(bytes.length);
        for (int i = from; i < bytes.length; i++) {
          bytes[i] = (byte) random.nextInt();
        }
      }
      default -> random.nextBytes(bytes);
    }
    return bytes;
  }

  private static List<Object> headers(Frame f) {
    return List.of(
        f.state(),
        f.destination(),
        f.source(),
        f.isTagged(),
        f.vlanId(),
        f.etherType(),
        f.l3Offset(),
        f.isArp(),
        f.arpOperation(),
        f.arpSenderMac(),
        f.arpSenderIp(),
        f.arpTargetIp(),
        f.isIpv4(),
        f.ipv4Source(),
        f.ipv4Destination(),
        f.isIpv6(),
        f.ipv6SourceHigh(),
        f.ipv6SourceLow(),
        f.ipProtocol(),
        f.ipEnd(),
        f.isFragment(),
        f.fragmentOffset(),
        f.l4Offset(),
        f.sourcePort(),
        f.destinationPort(),
        f.icmpType());
  }

  private static void readEverything(Frame frame) {
    assertThat(headers(frame)).isNotEmpty();
    int end = frame.captured();
    for (int at = -2; at < end + 20; at++) {
      assertThat(frame.u8(at) >= 0).isEqualTo(at >= 0 && at < end);
      assertThat(frame.u16(at) >= 0).isEqualTo(at >= 0 && at + 1 < end);
      assertThat(frame.mac(at) >= 0).isEqualTo(at >= 0 && at + 5 < end);
      frame.u64(at);
    }
    byte[] target = new byte[end + 1];
    assertThat(frame.copyTo(0, end, target, 0)).isTrue();
    assertThat(frame.copyTo(0, end + 1, target, 0)).isFalse();
    assertThat(frame.copyTo(0, -1, target, 0)).isFalse();
    assertThat(frame.checksum(0, 0, end)).isNotNegative();
    assertThat(frame.checksum(0, 1, end)).isNegative();
    assertThat(frame.checksum(0, Integer.MAX_VALUE, 2)).isNegative();
  }
}
