package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.blk.GuestDisk.Answer;
import org.kvmzone.blk.GuestDisk.Request;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.TestQueue;
import org.kvmzone.bridge.virtqueue.SplitVirtqueue;

/** Queues that wait, stop and are left, while the volume takes its time. */
class DrainTest {
  private final FaultyZvol zvol = new FaultyZvol(1 << 20, BlockSizes.of(512, 4096), false);
  private final GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), GuestDisk.ALL);
  private final VirtioBlk device = guest.device();

  @AfterEach
  void close() {
    guest.close();
  }

  @Test
  void aCompletionOnAnotherThread_wakesTheQueue_andIsSeenBeforeItSleeps() throws Exception {
    zvol.hold();
    Request read = guest.read(0, 512);
    assertThat(guest.turn()).isEqualTo(1);
    assertThat(guest.ring().wakes()).isZero();
    assertThat(device.mayIdle(guest.queue())).as("while the volume works").isTrue();

    Thread completer = Thread.ofPlatform().start(zvol::releaseOne);
    completer.join();
    assertThat(guest.ring().wakes()).isEqualTo(1);
    assertThat(device.mayIdle(guest.queue())).as("a completion waits").isFalse();
    assertThat(guest.answer()).isEqualTo(new Answer(read, Status.OK, 513));
    assertThat(device.mayIdle(guest.queue())).isTrue();
  }

  @Test
  void manyCompletionsOnManyThreads_loseNothing() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    zvol.hold();
    for (int round = 0; round < 200; round++) {
      int count = 1 + random.nextInt(40);
      for (int i = 0; i < count; i++) {
        guest.read(i, 512);
      }
      assertThat(guest.turn()).isEqualTo(count);
      List<Thread> completers =
          List.of(
              Thread.ofPlatform().start(() -> zvol.releaseSome(count / 2)),
              Thread.ofPlatform().start(() -> zvol.releaseSome(count - count / 2)));
      int answered = 0;
      while (answered < count) {
        int ignored = guest.turn();
        for (var next = guest.next(); next.isPresent(); next = guest.next()) {
          assertThat(next.get().status()).as("seed %s", seed).isEqualTo(Status.OK);
          answered++;
        }
        Thread.onSpinWait();
      }
      for (Thread completer : completers) {
        completer.join();
      }
    }
    assertThat(guest.queue().ring().inFlight()).isZero();
  }

  @Test
  void aQueueThatDrains_takesNothingNew_andFinishesTheRest() {
    zvol.hold();
    Request taken = guest.read(0, 512);
    assertThat(guest.turn()).isEqualTo(1);
    guest.queue().drain();
    guest.read(1, 512);
    assertThat(device.process(guest.queue(), 0)).isZero();
    assertThat(zvol.held()).isEqualTo(1);
    assertThat(device.mayIdle(guest.queue())).as("what is available keeps no one awake").isTrue();
    zvol.releaseOne();
    assertThat(device.mayIdle(guest.queue())).isFalse();
    assertThat(device.process(guest.queue(), 0)).isEqualTo(1);
    assertThat(guest.next()).contains(new Answer(taken, Status.OK, 513));
    assertThat(guest.queue().ring().inFlight()).isZero();
    assertThat(guest.queue().ring().base()).as("where the next one goes on").isEqualTo(1);
  }

  @Test
  void whatHangsWhenItsConnectionEnds_completesIntoNothing_andHoldsTheNewQueueUp()
      throws Exception {
    zvol.hold();
    Request hanging = guest.write(0, new byte[512]);
    assertThat(guest.turn()).isEqualTo(1);
    DeviceQueue former = guest.queue();
    DriverRing formerRing = guest.driver();
    former.drain();
    former.ring().abandon();

    zvol.passThrough();
    guest.restart(GuestDisk.ALL);
    Request read = guest.read(0, 512);
    assertThat(guest.turn()).as("it would overtake the write that hangs").isZero();
    assertThat(device.mayIdle(guest.queue())).isTrue();
    assertThat(device.process(former, 0)).isZero();
    assertThat(former.ring().inFlight()).isEqualTo(1);

    zvol.releaseOne();
    assertThat(device.mayIdle(former)).isFalse();
    guest.stop(former);
    assertThat(guest.ring().wakes()).isEqualTo(1);
    assertThat(guest.answer()).isEqualTo(new Answer(read, Status.OK, 513));
    assertThat(former.ring().inFlight()).isZero();
    assertThat(formerRing.nextUsed()).isEmpty();
    assertThat(guest.bytes(hanging.status())).containsOnly(GuestDisk.UNTOUCHED);
    Request again = guest.read(0, 512);
    assertThat(guest.answer()).isEqualTo(new Answer(again, Status.OK, 513));
  }

  @Test
  void severalQueues_haveTheirOwnRequests() {
    TestQueue other = new TestQueue(guest.ram(), 3, 16, GuestDisk.ALL);
    device.started(other.queue());
    zvol.hold();
    Request here = guest.read(0, 512);
    Piece status = guest.status();
    int there = other.driver().add(guest.ram().readable(GuestDisk.header(4, 0)), status);
    assertThat(guest.turn()).isEqualTo(1);
    assertThat(device.process(other.queue(), 10)).isEqualTo(1);
    assertThat(zvol.releaseAll(new Random(1))).isEqualTo(2);
    assertThat(device.process(other.queue(), 10)).isEqualTo(1);
    assertThat(other.driver().nextUsed()).contains(new Used(there, 1));
    assertThat(guest.answer()).isEqualTo(new Answer(here, Status.OK, 513));
    assertThat(device.report().counters()).containsEntry("reads", 1L).containsEntry("flushes", 1L);
  }

  @Test
  void aQueueThatWasNotStarted_isAMistakeOfOurs() {
    TestQueue unknown = new TestQueue(guest.ram(), 1, 16, 0);
    assertThatThrownBy(() -> device.process(unknown.queue(), 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("queue 1");
  }

  /** A front end takes memory away that a request still points to: no request is lost by that. */
  @Test
  void memoryThatGoesAway_leavesNothingInFlight() {
    GuestRam gone = new GuestRam(1 << 20, 0x8000_0000L, 0x1000_0000L);
    DriverRing driver = new DriverRing(guest.ram(), 16);
    GuestMemory both = new GuestMemory(List.of(guest.ram().region(), gone.region()));
    SplitVirtqueue ring = new SplitVirtqueue(16, GuestDisk.ALL, 0, both, driver.memory());
    DeviceQueue queue =
        new DeviceQueue(2, ring, () -> {}, () -> {}, new Counters<>(QueueCounter.class));
    device.started(queue);
    zvol.hold();
    Piece header = guest.ram().readable(GuestDisk.header(0, 0));
    driver.add(header, guest.ram().writable(512), guest.status());
    driver.add(header, guest.ram().writable(512), gone.writable(1));
    driver.add(header, guest.ram().writable(512), guest.status());
    assertThat(device.process(queue, 10)).isEqualTo(3);
    driver.add(gone.readable(GuestDisk.header(4, 0)), guest.status());
    gone.close();
    assertThatThrownBy(() -> device.process(queue, 10)).isInstanceOf(IllegalStateException.class);
    assertThat(ring.inFlight()).isEqualTo(3);

    zvol.releaseOne();
    zvol.releaseOne();
    zvol.releaseOne();
    assertThatThrownBy(() -> device.process(queue, 10)).isInstanceOf(IllegalStateException.class);
    int ignored = device.process(queue, 0);
    assertThat(ring.inFlight()).isZero();
  }
}
