package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.testing.Frames;
import org.kvmzone.packet.testing.Seeds;

/**
 * Two guests on one etherstub flood each other, each with threads of its own: every frame arrives
 * as it was, in order, or is counted.
 */
class TwoGuestsTest {
  private static final int FRAMES = 20_000;
  private static final String OPEN = ",ip-nospoof=off,restricted=off";

  /** One guest's driver: sends numbered frames, and checks those of the other. */
  private static final class Driver {
    final LoopGuest loop;
    final String from;
    final String to;
    final SplittableRandom random;
    int sent;
    int returned;
    int received;
    int last = -1;

    Driver(LoopGuest loop, String from, String to, SplittableRandom random) {
      this.loop = loop;
      this.from = from;
      this.to = to;
      this.random = random;
      loop.guest.offer(Guest.RING / 2, Guest.BUFFER);
    }

    private byte[] next() {
      byte[] payload = new byte[8 + random.nextInt(1492)];
      SplittableRandom content = new SplittableRandom(sent);
      content.nextBytes(payload);
      ByteBuffer.wrap(payload).putInt(sent).putInt(payload.length);
      sent++;
      return Frames.ethernet(
          random.nextInt(20) == 0 ? Frames.BROADCAST : to, from, 0x88b5, payload);
    }

    private void check(byte[] frame) {
      ByteBuffer payload = ByteBuffer.wrap(frame, 14, frame.length - 14);
      int number = payload.getInt();
      byte[] expected = new byte[payload.getInt()];
      new SplittableRandom(number).nextBytes(expected);
      ByteBuffer.wrap(expected).putInt(number).putInt(expected.length);
      assertThat(Frames.slice(frame, 14, frame.length)).as(Seeds.repeat()).isEqualTo(expected);
      assertThat(number).as("order of frames, " + Seeds.repeat()).isGreaterThan(last);
      last = number;
      received++;
    }

    void step() {
      int burst = Math.min(random.nextInt(60), Guest.RING / 2 - (sent - returned));
      for (int i = 0; i < burst && sent < FRAMES; i++) {
        loop.guest.queue(next());
      }
      loop.kick();
      returned += loop.guest.sent();
      loop.guest.received().forEach(this::check);
      loop.kickReceive();
    }

    void flood() {
      Await.until(
          FRAMES + " frames from " + from,
          () -> {
            step();
            return sent == FRAMES && returned == FRAMES;
          });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void floodBothWays_losesNothingUncounted(int threads) {
    String stub = Devices.stubName();
    String properties = OPEN + ",threads=" + threads + ",backlog=64";
    SplittableRandom random = Seeds.random();
    try (LoopGuest a = new LoopGuest(Devices.a(stub, properties));
        LoopGuest b = new LoopGuest(Devices.b(stub, properties))) {
      Driver driverA = new Driver(a, MAC_A, MAC_B, random.split());
      Driver driverB = new Driver(b, MAC_B, MAC_A, random.split());

      CompletableFuture<Void> other =
          CompletableFuture.runAsync(driverB::flood, task -> Thread.ofPlatform().start(task));
      driverA.flood();
      other.join();
      Await.until(
          "the last frames to arrive",
          () -> {
            driverA.step();
            driverB.step();
            return accountedFor(driverA) == FRAMES && accountedFor(driverB) == FRAMES;
          });

      assertThat(driverA.received).isEqualTo((int) a.guest.count("ipackets64"));
      assertThat(driverB.received).isEqualTo((int) b.guest.count("ipackets64"));
      assertThat(a.guest.count("opackets64")).isEqualTo(FRAMES);
      assertThat(b.guest.count("opackets64")).isEqualTo(FRAMES);
      assertThat(a.guest.count("rxnotready")).isZero();
      assertThat(driverA.received).as("frames that got through").isGreaterThan(FRAMES / 100);
    }
  }

  private static long accountedFor(Driver driver) {
    return driver.received + driver.loop.guest.count("norcvbuf");
  }
}
