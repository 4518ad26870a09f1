package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.Allocation;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.packet.MacAddress;

/** The data path allocates nothing, from one guest's ring to the other's. */
class AllocationTest {
  private static final int BATCH = 100;
  private static final int ROUNDS = 100;

  @ParameterizedTest
  @ValueSource(strings = {"", ",flow.bulk=transport=udp,,priority=low"})
  void framesCostNoMemory(String flow) {
    String stub = Devices.stubName();
    try (Guest a = new Guest(Devices.a(stub, ",allowed-ips.0=" + Devices.IP_A + flow));
        Guest b = new Guest(Devices.b(stub, ""))) {
      b.offer(Guest.RING, Guest.BUFFER);
      byte[][] frames = new byte[BATCH][];
      Arrays.setAll(frames, i -> TransmitTest.frame(10 * i));
      assertThat(Allocation.least(0, () -> rounds(a, b, frames))).isZero();
    }
  }

  /** Neither does what is left undone: whether it goes on whole, or is cut into segments. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void undoneFramesCostNoMemory(boolean taken) {
    String stub = Devices.stubName();
    long all = Guest.MODERN | Offloads.ALL;
    UndoneFrame frame = UndoneFrame.tcp(1448, 30_000);
    int segments = frame.finished().size();
    try (Guest a = new Guest(Devices.a(stub, ",allowed-ips.0=" + Devices.IP_A), all);
        Guest b = new Guest(Devices.b(stub, ""), taken ? all : Guest.MODERN)) {
      b.offer(Guest.RING, Guest.BUFFER);
      GuestRam.Piece[] pieces = {a.ram().readable(frame.header()), a.ram().readable(frame.bytes())};
      int arrive = taken ? 1 : segments;
      assertThat(Allocation.least(0, () -> rounds(a, b, pieces, arrive))).isZero();
    }
  }

  private static long rounds(Guest a, Guest b, GuestRam.Piece[] pieces, int arrive) {
    long allocated = 0;
    for (int i = 0; i < 1000; i++) {
      allocated += round(a, b, pieces, arrive);
    }
    return allocated;
  }

  private static long round(Guest a, Guest b, GuestRam.Piece[] pieces, int arrive) {
    for (int i = 0; i < 4; i++) {
      int ignored = a.tx().add(pieces);
    }
    long before = Allocation.soFar();
    a.transmit();
    long after = Allocation.soFar();
    assertThat(a.sent()).isEqualTo(4);
    assertThat(b.received()).hasSize(4 * arrive);
    return after - before;
  }

  /** A link that takes something, or nothing. */
  private static final class Valve implements FairLink.Sink {
    private boolean shut;

    @Override
    public long sendEach(int port, FrameBatch batch, long frames) {
      return shut ? frames : 0;
    }

    @Override
    public boolean send(int port, FrameBatch batch, int frame) {
      return !shut;
    }
  }

  /** Neither do frames that wait for a link, in whichever of their guest's lines. */
  @Test
  void framesThatWaitCostNoMemory() {
    Drops drops = new Drops("eth0");
    Valve valve = new Valve();
    FairLink link = new FairLink(valve, drops, 1514, () -> {});
    PortConfig.Station station = new PortConfig.Station("net0", MacAddress.parse(Devices.MAC_A));
    Etherstub.Port port =
        (Etherstub.Port)
            new Etherstub(System::nanoTime)
                .attach(station, PortConfig.PLAIN, 1, new Recorder(), drops, () -> {});
    byte[][] frames = new byte[8][];
    Arrays.setAll(frames, i -> TransmitTest.frame(100 * i));
    FrameBatch batch = Recorder.batch(frames);
    long least =
        Allocation.least(
            0,
            () -> {
              long before = Allocation.soFar();
              for (int i = 0; i < ROUNDS * BATCH; i++) {
                valve.shut = true;
                batch.rank(i % 4, Priority.LOW);
                batch.rank(i % 4 + 4, Priority.HIGH);
                link.send(port, batch, batch.all());
                valve.shut = false;
                int _ = link.poll(64);
              }
              return Allocation.soFar() - before;
            });
    assertThat(drops.of(Drop.LINK_FULL)).isZero();
    assertThat(least).isZero();
  }

  private static long rounds(Guest a, Guest b, byte[][] frames) {
    long arrived = b.count("ipackets64");
    long allocated = 0;
    for (int i = 0; i < ROUNDS; i++) {
      allocated += round(a, b, frames);
    }
    assertThat(b.count("ipackets64") - arrived).isEqualTo(BATCH * ROUNDS);
    return allocated;
  }

  /** Bytes that the device allocates while it sends these frames. */
  private static long round(Guest a, Guest b, byte[][] frames) {
    for (byte[] frame : frames) {
      a.queue(frame);
    }
    long before = Allocation.soFar();
    a.transmit();
    long after = Allocation.soFar();
    assertThat(a.sent()).isEqualTo(BATCH);
    b.received();
    return after - before;
  }
}
