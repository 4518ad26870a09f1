package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.blk.GuestDisk.Answer;
import org.kvmzone.blk.GuestDisk.Request;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.TestQueue;
import org.kvmzone.bridge.virtqueue.SplitInflight;
import org.kvmzone.bridge.virtqueue.SplitVirtqueue;

/**
 * Limits as they are said, changed, and shared; and what becomes of requests that wait for them.
 */
class LimitsTest {
  private static final String SLOW = "iops-total=1"; // a second is long for a test

  private final FaultyZvol zvol = new FaultyZvol(1 << 20, BlockSizes.of(512, 4096), false);

  private static Limits limits(String text) {
    return Limits.of(Spec.parse("zvol,id=disk0," + text));
  }

  private static VirtioBlk disk(Zvol zvol, String limits, Optional<String> group) {
    return new VirtioBlk(
        "disk0", zvol, new VirtioBlk.Settings("serial", 4, 1, 126, false, limits(limits), group));
  }

  private GuestDisk guest(String limits) {
    return new GuestDisk(disk(zvol, limits, Optional.empty()), GuestDisk.ALL);
  }

  private static long count(GuestDisk guest, String counter) {
    return guest.device().report().counters().getOrDefault(counter, -1L);
  }

  @Test
  void whatIsSaid_isSaidBack() {
    String text = "iops-read=100,iops-read-max=200,iops-read-max-length=3,bps-total=1048576";
    assertThat(limits(text)).hasToString(text);
    assertThat(limits("bps-total=1M,iops-read=100,iops-read-max=200,iops-read-max-length=3"))
        .isEqualTo(limits(text))
        .hasSameHashCodeAs(limits(text));
    assertThat(limits("serial=x")).isEqualTo(Limits.NONE).hasToString("no limits");
    assertThat(limits("iops-total=0,bps-read=0")).isEqualTo(Limits.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "iops-total=-1|iops-total=-1: must be a whole number from 0 to 10000000",
        "iops-total=1,iops-read=1|iops-read=1: must be left out, or iops-total be",
        "bps-write=1M,bps-total=1M|bps-write=1M: must be left out, or bps-total be",
        "bps-read=100|bps-read=100: must be 0 or 1024 and up",
        "bps-read=fast|bps-read=fast: must be a size such as 512, 64K or 10G",
        "iops-read-max=5|iops-read-max=5: must be more than iops-read, which must be given",
        "iops-read=5,iops-read-max=5|iops-read-max=5: must be more than iops-read, which must be"
            + " given",
        "iops-read=5,iops-read-max-length=2|iops-read-max-length=2: must be given with"
            + " iops-read-max",
        "iops-read=5,iops-read-max=6,iops-read-max-length=0|iops-read-max-length=0: must be a whole"
            + " number from 1 to 3600",
      })
  void whatCannotBe_isRefused(String text, String message) {
    assertThatThrownBy(() -> limits(text))
        .isInstanceOf(SpecException.class)
        .hasMessage("zvol disk0: " + message);
  }

  @Test
  void oneGoesAtOnce_theNextWaits_andWhatIsBehindItStaysInTheRing() {
    try (GuestDisk guest = guest(SLOW)) {
      Request first = guest.read(0, 512);
      Request second = guest.read(1, 512);
      Request flush = guest.flush();
      Request id = guest.id(20);
      assertThat(guest.answer()).isEqualTo(new Answer(first, Status.OK, 513));
      assertThat(guest.next()).isEmpty();
      assertThat(guest.queue().ring().inFlight()).isEqualTo(1);
      assertThat(guest.device().sleepNanos(guest.queue())).isBetween(100_000_000L, 1_000_000_000L);
      assertThat(guest.device().mayIdle(guest.queue())).isTrue();
      assertThat(count(guest, "throttled")).isEqualTo(1);
      assertThat(guest.device().limit(Map.of("iops-total", "0"))).isEmpty();
      assertThat(guest.answer()).isEqualTo(new Answer(second, Status.OK, 513));
      assertThat(guest.next()).contains(new Answer(flush, Status.OK, 1));
      assertThat(guest.next()).contains(new Answer(id, Status.OK, 21));
    }
  }

  @Test
  void flushesAndTheSerial_doNotWaitForLimits() {
    try (GuestDisk guest = guest(SLOW)) {
      guest.read(0, 512);
      assertThat(guest.answer().status()).isEqualTo(Status.OK);
      Request flush = guest.flush();
      assertThat(guest.answer()).isEqualTo(new Answer(flush, Status.OK, 1));
      Request id = guest.id(20);
      assertThat(guest.answer()).isEqualTo(new Answer(id, Status.OK, 21));
      assertThat(count(guest, "throttled")).isZero();
    }
  }

  @Test
  void whatIsLimitedApart_doesNotHoldUpTheOther_onAnotherQueue() {
    try (GuestDisk guest = guest("iops-write=1")) {
      for (int i = 0; i < 3; i++) {
        guest.write(i, new byte[512]);
      }
      assertThat(guest.turn()).isPositive();
      assertThat(guest.next().orElseThrow().status()).isEqualTo(Status.OK);
      assertThat(guest.next()).isEmpty();
      TestQueue other = new TestQueue(guest.ram(), 1, 16, GuestDisk.ALL);
      guest.device().started(other.queue());
      Piece header = guest.ram().readable(GuestDisk.header(GuestDisk.IN, 0));
      int read = other.driver().add(header, guest.ram().writable(512), guest.status());
      assertThat(guest.device().process(other.queue(), 16)).isPositive();
      assertThat(other.driver().nextUsed()).contains(new Used(read, 513));
    }
  }

  @Test
  void requestsThatWait_areHeldToWhatIsSaidNow() {
    try (GuestDisk guest = guest(SLOW)) {
      for (int i = 0; i < 30; i++) {
        guest.read(i, 512);
      }
      assertThat(guest.turn()).isPositive();
      assertThat(guest.ring().wakes()).isZero();
      assertThat(guest.device().limit(Map.of("iops-total", "10000000")))
          .containsExactly(Map.entry("iops-total", "10000000"));
      assertThat(guest.ring().wakes()).as("the thread is told").isPositive();
      int answered = 0;
      for (long end = System.nanoTime() + 10_000_000_000L; System.nanoTime() < end; ) {
        int ignored = guest.turn();
        while (guest.next().isPresent()) {
          answered++;
        }
        if (answered == 30) {
          break;
        }
      }
      assertThat(answered).isEqualTo(30);
    }
  }

  @Test
  void aQueueThatStops_givesBackWhatWaits_andTheNextOneTakesItAgain() {
    try (GuestDisk guest = guest(SLOW)) {
      for (int i = 0; i < 20; i++) {
        guest.write(i, new byte[512]);
      }
      assertThat(guest.turn()).isPositive();
      assertThat(zvol.submitted()).hasSize(1);
      guest.queue().drain();
      assertThat(guest.device().process(guest.queue(), 0)).isPositive();
      assertThat(zvol.submitted()).as("a guest that resets gains nothing").hasSize(1);
      assertThat(guest.queue().ring().inFlight()).isZero();
      assertThat(guest.queue().ring().base()).as("where the next one goes on").isEqualTo(1);
      assertThat(guest.device().mayIdle(guest.queue())).isTrue();
    }
  }

  /** However the ring ends: with what would not have to wait, or with more than a batch. */
  @Test
  void aGuestThatResetsItsDiskAgainAndAgain_getsNoMoreThanItsLimit() throws Exception {
    try (GuestDisk guest = guest("iops-write=1")) {
      for (int reset = 0; reset < 20; reset++) {
        for (int i = 0; i < 30; i++) {
          guest.write(i, new byte[512]);
        }
        guest.read(0, 512);
        guest.flushIndirect();
        assertThat(guest.turn()).isPositive();
        guest.stop(guest.queue());
        guest.restart(GuestDisk.ALL);
      }
      assertThat(zvol.submitted()).as("in much less than two seconds").hasSizeBetween(1, 3);
    }
  }

  @Test
  void anAreaInFlight_hasNothingOfWhatWaitsWhenTheQueueStops() throws Exception {
    try (GuestDisk guest = guest(SLOW)) {
      DriverRing driver = new DriverRing(guest.ram(), 16);
      MemorySegment area = Arena.ofAuto().allocate(16 + 16 * 16, 8);
      Piece header = guest.ram().readable(GuestDisk.header(GuestDisk.IN, 0));
      for (int i = 0; i < 4; i++) {
        driver.add(header, guest.ram().writable(512), guest.status());
      }
      DeviceQueue queue = queue(guest, driver, 0, area);
      assertThat(guest.device().process(queue, 16)).isPositive();
      assertThat(queue.ring().inFlight()).isEqualTo(1);
      guest.stop(queue);
      assertThat(queue.ring().base()).isEqualTo(1);
      DeviceQueue next = queue(guest, driver, queue.ring().base(), area);
      assertThat(next.ring().leftOver()).isZero();
      guest.device().limit(Map.of("iops-total", "0"));
      assertThat(guest.device().process(next, 16)).isPositive();
      assertThat(next.ring().base()).isEqualTo(4);
    }
  }

  private static DeviceQueue queue(
      GuestDisk guest, DriverRing driver, int base, MemorySegment area) {
    SplitVirtqueue ring =
        new SplitVirtqueue(
            16,
            GuestDisk.ALL,
            base,
            guest.ram().memory(),
            driver.memory(),
            Optional.of(new SplitInflight(area, 16)));
    DeviceQueue queue =
        new DeviceQueue(2, ring, () -> {}, () -> {}, new Counters<>(QueueCounter.class));
    guest.device().started(queue);
    return queue;
  }

  @Test
  void aDiscardCountsItsRanges_andMovesNothing_zeroesMayMoveTheirs() {
    try (GuestDisk guest = guest("iops-write=1000000,bps-write=1M")) {
      guest.segments(GuestDisk.DISCARD, 0, 2048, 0, 0, 2048, 0);
      assertThat(guest.answer().status()).isEqualTo(Status.OK);
      guest.segments(GuestDisk.WRITE_ZEROES, 0, 2048, 1);
      assertThat(guest.answer().status()).isEqualTo(Status.OK);
      guest.write(0, new byte[512]);
      assertThat(guest.turn()).isPositive();
      assertThat(guest.next()).as("a second's worth was filled").isEmpty();
      assertThat(guest.device().sleepNanos(guest.queue())).isGreaterThan(500_000_000L);
    }
  }

  @Test
  void disksOfAGroup_shareItsLimits_andChangeThemForAll() {
    FaultyZvol other = new FaultyZvol(1 << 20, BlockSizes.of(512, 4096), false);
    Optional<String> group = Optional.of("tenant");
    try (GuestDisk one = new GuestDisk(disk(zvol, SLOW, group), GuestDisk.ALL);
        GuestDisk two = new GuestDisk(disk(other, "serial=x", group), GuestDisk.ALL)) {
      one.read(0, 512);
      assertThat(one.answer().status()).isEqualTo(Status.OK);
      two.read(0, 512);
      assertThat(two.turn()).isPositive();
      assertThat(two.next()).isEmpty();
      assertThat(two.device().report().properties())
          .containsEntry("group", "tenant")
          .containsEntry("iops-total", "1");
      assertThatThrownBy(() -> disk(other, "iops-total=2", group))
          .isInstanceOf(VolumeException.class)
          .hasMessage(
              "its group tenant is held to iops-total=1, not iops-total=2: leave them out, or"
                  + " change them with kvmzone limit");
      assertThat(one.device().limit(Map.of("iops-total", "0", "bps-read", "1G")))
          .containsOnlyKeys("bps-read", "group");
      assertThat(two.answer().status()).isEqualTo(Status.OK);
      one.device().close();
      two.device().close();
    }
    VirtioBlk anew = disk(zvol, "iops-total=7", group);
    assertThat(anew.limit(Map.of())).containsEntry("iops-total", "7");
    anew.close();
  }

  @Test
  void aFullRing_isNoLargerAShareOfAGroup_thanASingleRequest() {
    FaultyZvol other = new FaultyZvol(1 << 20, BlockSizes.of(512, 4096), false);
    Optional<String> group = Optional.of("greedy");
    try (GuestDisk greedy = new GuestDisk(disk(zvol, SLOW, group), GuestDisk.ALL);
        GuestDisk modest = new GuestDisk(disk(other, "serial=x", group), GuestDisk.ALL)) {
      for (int i = 0; i < 30; i++) {
        greedy.read(i, 512);
      }
      assertThat(greedy.turn()).isPositive();
      modest.read(0, 512);
      assertThat(modest.turn()).isPositive();
      assertThat(modest.device().sleepNanos(modest.queue()))
          .as("one of the others goes before it")
          .isBetween(1_000_000_000L, 2_000_000_000L);
      greedy.queue().drain();
      assertThat(greedy.device().process(greedy.queue(), 0)).isPositive();
      assertThat(zvol.submitted()).hasSize(1);
      greedy.device().close();
      modest.device().close();
    }
  }

  @Test
  void zeroEndsALimit_andItsBurst() {
    String text = "iops-read=100,iops-read-max=200,iops-read-max-length=3,bps-total=1048576";
    assertThat(limits(text).with("d", Map.of("iops-read-max", "0")))
        .hasToString("iops-read=100,bps-total=1048576");
    assertThat(limits(text).with("d", Map.of("iops-read", "0", "iops-total", "5")))
        .hasToString("iops-total=5,bps-total=1048576");
    assertThat(limits(text).with("d", Map.of("iops-read", "150")))
        .isEqualTo(limits(text.replace("read=100", "read=150")));
  }

  @Test
  void whatIsNoLimit_doesNotChange() {
    try (GuestDisk guest = guest(SLOW)) {
      for (String name : List.of("path", "group", "id", "iops", "serial")) {
        Map<String, String> changes = new LinkedHashMap<>();
        changes.put("bps-read", "1M");
        changes.put(name, "x");
        assertThatThrownBy(() -> guest.device().limit(changes))
            .isInstanceOf(SpecException.class)
            .hasMessage("zvol disk0: %s is no limit, or cannot change while it runs", name);
      }
      assertThat(guest.device().limit(Map.of())).containsExactly(Map.entry("iops-total", "1"));
    }
  }
}
