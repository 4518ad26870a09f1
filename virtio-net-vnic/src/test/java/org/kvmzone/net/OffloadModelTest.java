package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.Choices;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.packet.testing.Frames;

/**
 * Undone frames of every kind, most of them honest, between guests of every kind: each arrives as
 * it was left or as a reference makes it, or is counted once as dropped.
 */
class OffloadModelTest {
  private static final int ROUNDS = 40;

  @Test
  void honestFramesArrive_othersAreCounted() {
    Choices.repeat(60, OffloadModelTest::run);
  }

  private static void run(Choices choices) {
    String stub = Devices.stubName();
    long layout = choices.either() ? Features.RING_PACKED : 0;
    long takes = choices.either() ? Offloads.ALL : choices.number() & Offloads.ALL;
    long merges = choices.below(4) == 0 ? Features.VERSION_1 : Guest.MODERN;
    boolean trunk = choices.below(4) == 0; // of A's VLAN, to B
    String open = ",ip-nospoof=off" + (trunk ? ",vlan_id=10" : "");
    try (Guest a = guest(Devices.a(stub, open), Guest.MODERN | Offloads.ALL | layout);
        Guest b = guest(Devices.b(stub, trunk ? ",trunks=10" : ""), merges | takes | layout)) {
      b.offer(Guest.RING, merges == Guest.MODERN ? 1600 : 70_000);
      for (int i = 0; i < ROUNDS; i++) {
        round(choices, a, b, Offloads.of(takes), trunk);
      }
    }
  }

  private static Guest guest(NetDevice device, long features) {
    return new Guest(device, features, new GuestRam(1 << 26), index -> {});
  }

  private static void round(Choices choices, Guest a, Guest b, Offloads takes, boolean trunk) {
    UndoneFrame frame = frame(choices);
    byte[] header = frame.header();
    byte[] bytes = frame.bytes();
    boolean honest = true;
    if (choices.below(4) == 0) {
      honest = false;
      int at = choices.below(VirtioNet.NUM_BUFFERS);
      header[at] = (byte) choices.below(256);
    }
    if (choices.below(8) == 0) {
      honest = false;
      bytes[12 + choices.below(Math.min(100, bytes.length - 12))] = (byte) choices.below(256);
    }
    Map<String, Long> before = a.device().report().counters();
    a.queueLong(header, bytes);
    a.transmit();
    assertThat(a.sent()).isEqualTo(1);
    List<byte[]> received = new ArrayList<>();
    List<byte[]> headers = new ArrayList<>();
    for (List<byte[]> some = take(b); !some.isEmpty(); some = take(b)) {
      received.addAll(some);
      headers.addAll(b.headers());
    }
    assertThat(a.txQueue().ring().inFlight() + b.rxQueue().ring().inFlight()).isZero();
    if (honest) {
      // A switch takes tags off, and puts them on.
      UndoneFrame there = frame.tagged(trunk ? Math.max(0, frame.tag()) | 10 : -1);
      // A checksum alone may be finished on the way, of what has to be looked at whole.
      boolean early = frame.segment() == 0 && headers.stream().allMatch(OffloadModelTest::isPlain);
      boolean undone = takes.takes(frame.gso(), frame.ipv6()) && !early;
      assertThat(received)
          .as("%s", frame)
          .containsExactlyElementsOf(undone ? List.of(there.bytes()) : there.finished());
      if (undone) {
        assertThat(Arrays.copyOf(headers.getFirst(), VirtioNet.NUM_BUFFERS))
            .isEqualTo(Arrays.copyOf(there.header(), VirtioNet.NUM_BUFFERS));
      }
    } else {
      assertThat(fates(before, a)).as("counted once").isEqualTo(1);
      if (takes.bits() == 0) {
        assertThat(headers).allMatch(OffloadModelTest::isPlain);
        assertThat(received).allMatch(each -> each.length <= 1518);
      }
    }
  }

  private static List<byte[]> take(Guest b) {
    b.receive();
    return b.received();
  }

  private static boolean isPlain(byte[] header) {
    return Arrays.equals(header, 0, VirtioNet.NUM_BUFFERS, new byte[10], 0, 10);
  }

  private static long fates(Map<String, Long> before, Guest a) {
    return a.device().report().counters().entrySet().stream()
        .filter(counter ->
            counter.getKey().startsWith("tx")
                || counter.getKey().endsWith("spoofed")
                || counter.getKey().equals("restricted")
                || counter.getKey().equals("opackets64")
                || counter.getKey().equals("oerrors"))
        .filter(counter -> !counter.getKey().equals("txsameport")) // a switch's, of one that left
        .mapToLong(counter -> counter.getValue() - before.getOrDefault(counter.getKey(), 0L))
        .sum();
  }

  private static UndoneFrame frame(Choices choices) {
    boolean ipv6 = choices.either();
    boolean tcp = choices.below(4) > 0;
    byte[] between = between(choices, ipv6, tcp ? 6 : 17);
    byte[] options = new byte[choices.below(4) == 0 ? 4 * choices.below(11) : 0];
    int tag = choices.below(8) == 0 ? 0x2000 : -1; // priority only
    int most = 1500 - (ipv6 ? 40 : 20) - between.length - (tcp ? 20 + options.length : 8);
    boolean unsegmented = choices.below(4) > 0;
    int segment = unsegmented ? most - choices.below(choices.below(8) == 0 ? most - 7 : 100) : 0;
    // Not more segments than may wait, and no more than an IP datagram holds.
    int longest = Math.min(65_535 - 60 - 8 * 15 - 60, 1000 * segment) - segment;
    int payload = unsegmented ? segment + 1 + choices.below(longest) : choices.below(most + 1);
    byte[] bytes = new byte[payload];
    new SplittableRandom(choices.number()).nextBytes(bytes);
    return new UndoneFrame(ipv6, tcp, between, options, choices.below(256), tag, segment, bytes);
  }

  private static byte[] between(Choices choices, boolean ipv6, int protocol) {
    if (choices.below(4) > 0) {
      return new byte[0];
    }
    if (!ipv6) {
      byte[] options = new byte[4 * (1 + choices.below(10))];
      Arrays.fill(options, (byte) 1); // no operation
      return options;
    }
    byte[] extensions = Frames.extension(protocol);
    for (int i = choices.below(3); i > 0; i--) {
      extensions = Frames.join(Frames.extension(60), extensions);
    }
    return extensions;
  }
}
