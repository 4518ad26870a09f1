package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.DriverEnd;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.packet.testing.Frames;

/** What VIRTIO_F_IN_ORDER promises (virtio 1.3 §2.7.9), whatever becomes of the frames. */
class InOrderTest {
  private static final int STEPS = 10_000;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Devices.ScriptedVnic network = new Devices.ScriptedVnic();
  private final Deque<Integer> sending = new ArrayDeque<>();
  private final Deque<Integer> receiving = new ArrayDeque<>();
  private final List<Piece> frames = new ArrayList<>();
  private final List<Piece> rooms = new ArrayList<>();

  @Test
  void isOffered() {
    try (Guest guest = new Guest(Devices.on(network, ""))) {
      assertThat(guest.device().features() & Features.IN_ORDER).isNotZero();
    }
  }

  /**
   * Frames that leave, that must not, that are answered here, that wait for a full link; buffers
   * that fit, that are merged, that are too short for a header, that run out in a frame's middle.
   */
  @ParameterizedTest
  @ValueSource(longs = {Guest.MODERN, Guest.MODERN | Features.RING_PACKED, Features.VERSION_1})
  void chainsComeBackInTheOrderInWhichTheyWereMade(long features) {
    String properties = ",backlog=16,allowed-ips.0=" + Devices.IP_A;
    try (Guest guest = new Guest(Devices.on(network, properties), features)) {
      prepare(guest, (features & VirtioNet.MRG_RXBUF) != 0);
      int back = 0;
      for (int i = 0; i < STEPS; i++) {
        switch (random.nextInt(8)) {
          case 0, 1 -> offer(guest.tx(), sending, frames);
          case 2, 3 -> offer(guest.rx(), receiving, rooms);
          case 4 -> {
            network.room = random.nextInt(4);
            guest.transmit();
          }
          case 5 -> network.deliver(received());
          case 6 -> guest.receive();
          default -> {
            back += takeBack(guest.tx(), sending);
            back += takeBack(guest.rx(), receiving);
          }
        }
      }
      assertThat(back).as("seed %d", seed).isGreaterThan(STEPS / 10);
      assertThat(guest.count("opackets64")).as("seed %d", seed).isPositive();
      assertThat(guest.count("ipackets64")).as("seed %d", seed).isPositive();
      assertThat(guest.count("txrunt")).as("seed %d", seed).isPositive();
      assertThat(guest.count("macspoofed")).as("seed %d", seed).isPositive();
    }
  }

  private void prepare(Guest guest, boolean mergeable) {
    byte[] spoofed = TransmitTest.frame(20);
    spoofed[6] ^= 4;
    for (byte[] frame :
        List.of(TransmitTest.frame(10), TransmitTest.frame(1000), new byte[5], spoofed)) {
      frames.add(guest.ram().readable(Frames.join(new byte[guest.headerLength()], frame)));
    }
    frames.add(guest.ram().readable(new byte[3]));
    rooms.add(guest.ram().writable(4));
    rooms.add(guest.ram().writable(2048));
    rooms.add(guest.ram().writable(2048));
    if (mergeable) { // otherwise all of a frame has to fit into each
      rooms.add(guest.ram().writable(12));
      rooms.add(guest.ram().writable(13));
      rooms.add(guest.ram().writable(100));
    }
  }

  private void offer(DriverEnd driver, Deque<Integer> order, List<Piece> pieces) {
    for (int i = random.nextInt(12); i > 0 && driver.free() > 0; i--) {
      order.add(driver.add(pieces.get(random.nextInt(pieces.size()))));
    }
  }

  private byte[][] received() {
    byte[][] batch = new byte[1 + random.nextInt(6)][];
    Arrays.setAll(batch, i -> ReceiveTest.frame(i, 60 + random.nextInt(1450)));
    return batch;
  }

  private int takeBack(DriverEnd driver, Deque<Integer> order) {
    int count = 0;
    for (var used = driver.nextUsed(); used.isPresent(); used = driver.nextUsed()) {
      assertThat(used.get().head()).as("seed %d", seed).isEqualTo(order.remove());
      count++;
    }
    return count;
  }
}
