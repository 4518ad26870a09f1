package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.net.Devices.ScriptedVnic;
import org.kvmzone.packet.testing.Frames;

/** C4: a guest that writes to its frames while they are sent gets none past link protection. */
class SpoofRaceTest {
  private static final int ENOUGH = 300;

  @Test
  void guestThatFlipsItsSource_sendsNoSpoofedFrame() throws InterruptedException {
    ScriptedVnic network = new ScriptedVnic();
    try (Guest guest = new Guest(Devices.on(network, ",allowed-ips.0=" + IP_A))) {
      byte[] frame = Frames.udpFrame(MAC_B, MAC_A, IP_A, IP_B, 1, 2, new byte[500]);
      Piece piece = guest.ram().readable(Frames.join(new byte[12], frame));
      MemorySegment memory = guest.ram().at(piece.address(), piece.length());
      AtomicBoolean stop = new AtomicBoolean();
      Thread flipper = Thread.ofPlatform().start(() -> flip(memory, stop));
      long good = 0;
      try {
        while (good < ENOUGH || guest.count("macspoofed") < ENOUGH) {
          for (int i = 0; i < 64; i++) {
            guest.tx().add(piece);
          }
          guest.transmit();
          assertThat(guest.sent()).isEqualTo(64);
          for (byte[] sent : network.sent) {
            assertThat(Frames.slice(sent, 6, 12)).isEqualTo(Frames.mac(MAC_A));
            assertThat(Frames.slice(sent, 26, 30)).isEqualTo(Frames.ip(IP_A));
            assertThat(sent).hasSize(frame.length);
          }
          good += network.sent.size();
          network.sent.clear();
        }
      } finally {
        stop.set(true);
        flipper.join();
      }
    }
  }

  /** Changes the header's GSO type, the source MAC and the source IP, and back again. */
  private static void flip(MemorySegment memory, AtomicBoolean stop) {
    while (!stop.get()) {
      for (long at : new long[] {1, 12 + 11, 12 + 29}) {
        byte good = memory.get(ValueLayout.JAVA_BYTE, at);
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) (good + 1));
        VarHandle.fullFence();
        memory.set(ValueLayout.JAVA_BYTE, at, good);
        VarHandle.fullFence();
      }
    }
  }
}
