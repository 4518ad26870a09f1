package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kvmzone.bridge.testing.Choices;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.net.Devices.ScriptedVnic;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;

/**
 * Frames and their headers, most of them good: each one that a guest sends leaves as it is, or is
 * answered, or is dropped, and is counted once as what became of it; each one that comes is
 * received as it is or counted. Unspoilt, it is not dropped.
 */
public final class FrameFuzz {
  /** What is not the fate of a frame that is sent: bytes, kinds, and all that is received. */
  private static final Set<String> NOT_FATES =
      Set.of(
          "obytes64",
          "multixmt",
          "brdcstxmt",
          "ipackets64",
          "rbytes64",
          "multircv",
          "brdcstrcv",
          "chainunder10",
          "chain10to50",
          "chainover50",
          "norcvbuf",
          "rxfiltered",
          "rxtoolong",
          "rxnotready",
          "ierrors",
          "crtime",
          "snaptime");

  private static final String LEASE =
      ",allowed-ips.0=" + IP_A + ",ip=" + IP_A + ",netmask=255.255.255.0,server_ip=192.0.2.1";

  private static final byte[] ANYTHING = Frames.u16(0x88b5); // for experiments, as is its payload

  private final Choices choices;
  private final ScriptedVnic network = new ScriptedVnic();
  private final Guest guest;
  private final Deque<byte[]> coming = new ArrayDeque<>(); // and not yet received
  private boolean spoilt;
  private boolean tooSmall;
  private int number;

  private FrameFuzz(Choices choices) {
    this.choices = choices;
    long features = choices.below(8) == 1 ? 0 : Guest.MODERN;
    guest = new Guest(Devices.on(network, LEASE), features, new GuestRam(1 << 20), index -> {});
  }

  /** For a fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    run(Choices.of(input));
  }

  static void run(Choices choices) {
    FrameFuzz fuzz = new FrameFuzz(choices);
    try {
      for (int i = choices.below(6); i >= 0; i--) {
        fuzz.send();
        fuzz.receive();
      }
    } finally {
      fuzz.guest.close();
    }
  }

  private void send() {
    spoilt = false;
    byte[] header = new byte[guest.headerLength()];
    if (choices.rarely()) {
      spoilt = true;
      header = Arrays.copyOf(choices.spoil(header), choices.below(header.length + 1));
    }
    byte[] frame = frame();
    byte[] all = Frames.join(header, frame);
    GuestRam ram = guest.ram();
    Piece whole = ram.readable(all);
    int cut = choices.below(all.length + 1);
    int head =
        guest
            .tx()
            .add(
                new Piece(whole.address(), cut, false),
                new Piece(whole.address() + cut, all.length - cut, false));
    Map<String, Long> before = guest.device().report().counters();
    network.sent.clear();
    guest.transmit();
    assertThat(guest.tx().nextUsed().orElseThrow().head()).isEqualTo(head);
    long fates = fates(before);
    long left = guest.count("opackets64") - before.getOrDefault("opackets64", 0L);
    assertThat(fates).as("counted once").isEqualTo(1);
    assertThat(network.sent).hasSize((int) left);
    if (left == 1) {
      assertThat(all).endsWith(network.sent.getFirst());
    }
    if (!spoilt) {
      assertThat(dropped(before)).as("dropped although honest").isEmpty();
    }
  }

  private long fates(Map<String, Long> before) {
    return guest.device().report().counters().entrySet().stream()
        .filter(counter -> !NOT_FATES.contains(counter.getKey()))
        .mapToLong(counter -> counter.getValue() - before.getOrDefault(counter.getKey(), 0L))
        .sum();
  }

  private List<String> dropped(Map<String, Long> before) {
    return guest.device().report().counters().entrySet().stream()
        .filter(counter -> counter.getValue() > before.getOrDefault(counter.getKey(), 0L))
        .map(Map.Entry::getKey)
        .filter(
            name -> name.endsWith("spoofed") || name.startsWith("tx") || name.equals("restricted"))
        .toList();
  }

  private byte[] frame() {
    byte[] payload = new byte[choices.below(1400)];
    byte[] honest =
        switch (choices.below(6)) {
          case 0 ->
              Frames.ethernet(
                  Frames.BROADCAST, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, "192.0.2.1"));
          case 1 -> DhcpRequest.of(MAC_A, choices.either() ? 1 : 3).bytes();
          case 2 ->
              Frames.ethernet(
                  MAC_B, MAC_A, 0x800, Frames.ipv4(IP_A, IP_B, 1, Frames.echo(8, payload)));
          case 3 -> Frames.udpFrame(MAC_B, MAC_A, IP_A, IP_B, 1, 2, payload);
          case 4 ->
              Frames.ethernet(MAC_B, MAC_A, 0x800, Frames.ipv4(IP_A, IP_B, 6, Frames.tcp(1, 2)));
          default ->
              Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(2, MAC_A, IP_A, IP_B));
        };
    byte[] frame = choices.below(8) == 7 ? choices.spoil(honest) : honest;
    if (choices.rarely()) {
      frame = Arrays.copyOf(frame, choices.below(2000));
    }
    spoilt |= !Arrays.equals(frame, honest);
    return frame;
  }

  private void receive() {
    if (choices.either()) {
      // Buffers that are too small for a header, or for a frame, are rare.
      tooSmall |= choices.rarely();
      guest.offer(1 + choices.below(3), tooSmall ? choices.below(64) : 2048);
    }
    byte[] frame = ReceiveTest.frame(number++, VirtioNet.ETHERNET + 1 + choices.below(1500));
    coming.add(frame);
    network.deliver(frame);
    guest.receive();
    if (tooSmall) {
      for (var used = guest.rx().nextUsed(); used.isPresent(); used = guest.rx().nextUsed()) {
        assertThat(used.get().length()).isBetween(0, 2048);
      }
      return;
    }
    for (byte[] received : guest.received()) {
      // All but the host's answers: in order, none left out.
      if (Arrays.equals(received, 12, 14, ANYTHING, 0, 2)) {
        assertThat(received).isEqualTo(coming.remove());
      }
    }
  }
}
