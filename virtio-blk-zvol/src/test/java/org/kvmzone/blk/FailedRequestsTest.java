package org.kvmzone.blk;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtualMachine;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.testing.DriverEnd;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.PackedDriverRing;
import org.kvmzone.bridge.testing.SharedLog;
import org.kvmzone.bridge.virtqueue.RingLayout;

/** Requests that the volume fails, by what the operator wants to become of them. */
class FailedRequestsTest {
  private static final int RING = 64;
  private static final int BLOCK = 512;

  private final AtomicInteger stops = new AtomicInteger();
  private final VirtualMachine machine = stops::incrementAndGet;
  private final FaultyZvol zvol = new FaultyZvol(1 << 20, BlockSizes.of(512, 4096), false);
  private final GuestRam ram = new GuestRam(4 << 20);
  private final Map<Integer, Piece> statuses = new HashMap<>();

  @AfterEach
  void unmap() {
    ram.close();
  }

  private static Spec spec(String properties) {
    return Spec.parse("zvol,id=disk0" + properties);
  }

  private VirtioBlk disk(String properties) {
    VirtioBlk disk =
        new VirtioBlk(
            "disk0",
            zvol,
            new VirtioBlk.Settings("serial", 4, 1, 126),
            ErrorPolicy.of(spec(properties), Optional.of(machine)));
    disk.negotiated(GuestDisk.ALL);
    return disk;
  }

  private DriverEnd driver(RingLayout layout) {
    return layout == RingLayout.SPLIT ? new DriverRing(ram, RING) : new PackedDriverRing(ram, RING);
  }

  /** A queue on the ring of a driver, which notes in an area what is in flight if there is one. */
  private DeviceQueue start(VirtioBlk disk, DriverEnd driver, Optional<MemorySegment> area) {
    RingLayout layout = driver instanceof DriverRing ? RingLayout.SPLIT : RingLayout.PACKED;
    DeviceQueue queue =
        new DeviceQueue(
            0,
            layout.open(RING, 0, layout.firstBase(), ram.memory(), driver.memory(), area),
            () -> {},
            () -> {},
            new Counters<>(QueueCounter.class));
    disk.started(queue);
    return queue;
  }

  private static Optional<MemorySegment> area() {
    return Optional.of(Arena.ofAuto().allocate(32 + 32 * RING, 64));
  }

  private int write(DriverEnd driver, int sector) {
    byte[] bytes = new byte[BLOCK];
    new Random(sector).nextBytes(bytes);
    Piece header = ram.readable(GuestDisk.header(GuestDisk.OUT, sector));
    return add(driver, header, ram.readable(bytes));
  }

  private int read(DriverEnd driver, int sector) {
    Piece header = ram.readable(GuestDisk.header(GuestDisk.IN, sector));
    return add(driver, header, ram.writable(BLOCK));
  }

  private int add(DriverEnd driver, Piece header, Piece data) {
    Piece status = ram.writable(1);
    ram.at(status.address(), 1).fill(GuestDisk.UNTOUCHED);
    int head = driver.add(header, data, status);
    statuses.put(head, status);
    return head;
  }

  private static void turns(VirtioBlk disk, DeviceQueue queue) {
    while (disk.process(queue, 256) > 0) {}
  }

  /** The statuses that the driver finds, by head. */
  private Map<Integer, Byte> answers(DriverEnd driver) {
    Map<Integer, Byte> answers = new HashMap<>();
    for (Optional<Used> used = driver.nextUsed(); used.isPresent(); used = driver.nextUsed()) {
      int head = used.get().head();
      assertThat(answers).doesNotContainKey(head);
      answers.put(head, ram.bytes(Objects.requireNonNull(statuses.get(head)))[0]);
    }
    return answers;
  }

  private static void stop(VirtioBlk disk, DeviceQueue queue) throws Exception {
    GuestDisk.stop(disk, queue);
    assertThat(queue.ring().inFlight()).isZero();
  }

  private static boolean isOdd(ZvolRequest request) {
    return request.offset() / BLOCK % 2 == 1;
  }

  @ParameterizedTest
  @EnumSource(RingLayout.class)
  void whatFails_isTriedAgainWhenTheGuestGoesOn_andWhatDoesNotIsAnsweredOnce(RingLayout layout)
      throws Exception {
    long seed = new Random().nextLong();
    VirtioBlk disk = disk("");
    DriverEnd driver = driver(layout);
    Optional<MemorySegment> area = area();
    DeviceQueue queue = start(disk, driver, area);
    zvol.hold();
    List<Integer> good = new ArrayList<>();
    List<Integer> bad = new ArrayList<>();
    for (int sector = 0; sector < 12; sector++) {
      (sector % 2 == 1 ? bad : good).add(write(driver, sector));
    }
    turns(disk, queue);
    zvol.fault(request -> isOdd(request) ? Errno.ENOSPC : 0);
    assertThat(zvol.releaseAll(new Random(seed))).isEqualTo(12);
    zvol.passThrough();
    turns(disk, queue);
    assertThat(stops).as("one for all that fail together").hasValue(1);
    assertThat(answers(driver)).as("seed %s", seed).containsOnlyKeys(good).containsValue(Status.OK);

    int later = write(driver, 20);
    turns(disk, queue);
    assertThat(zvol.submitted()).as("taken from a guest that stops").hasSize(12);
    assertThat(disk.mayIdle(queue)).isTrue();
    assertThat(disk.sleepNanos(queue)).isBetween(1L, TimeUnit.SECONDS.toNanos(1));
    stop(disk, queue);
    assertThat(answers(driver)).isEmpty();

    // It goes on, and nobody has made room.
    DeviceQueue second = start(disk, driver, area);
    assertThat(second.ring().leftOver()).isEqualTo(6);
    turns(disk, second);
    assertThat(stops).hasValue(2);
    stop(disk, second);

    zvol.fault(request -> 0);
    DeviceQueue third = start(disk, driver, area);
    assertThat(third.ring().leftOver()).isEqualTo(6);
    turns(disk, third);
    bad.add(later);
    assertThat(answers(driver)).containsOnlyKeys(bad).containsValue(Status.OK);
    assertThat(stops).hasValue(2);
    for (int sector = 0; sector < 12; sector++) {
      byte[] written = new byte[BLOCK];
      new Random(sector).nextBytes(written);
      assertThat(zvol.content().asSlice((long) sector * BLOCK, BLOCK).toArray(JAVA_BYTE))
          .as("sector %s", sector)
          .isEqualTo(written);
    }
    assertThat(third.ring().inFlight()).isZero();
    assertThat(disk.report().counters()).containsEntry("writes", 13L);
  }

  @ParameterizedTest
  @CsvSource({
    // policy, errno, what becomes of a write, and of a read
    "'', ENOSPC, stops, told",
    "'', EIO, told, told",
    "',werror=report', ENOSPC, told, told",
    "',werror=ignore', EIO, not told, told",
    "',werror=stop', EIO, stops, told",
    "',werror=enospc', EIO, told, told",
    "',rerror=stop', EIO, told, stops",
    "',rerror=ignore', EIO, told, not told",
  })
  void itIsDoneAsQemuDoes(String properties, String errno, String ofWrite, String ofRead)
      throws Exception {
    zvol.fault(_ -> errno.equals("EIO") ? Errno.EIO : Errno.ENOSPC);
    for (boolean reads : new boolean[] {false, true}) {
      stops.set(0);
      VirtioBlk disk = disk(properties);
      DriverEnd driver = driver(RingLayout.SPLIT);
      DeviceQueue queue = start(disk, driver, area());
      int head = reads ? read(driver, 0) : write(driver, 0);
      turns(disk, queue);
      String outcome = reads ? ofRead : ofWrite;
      switch (outcome) {
        case "told" -> assertThat(answers(driver)).containsExactly(Map.entry(head, Status.IOERR));
        case "not told" -> assertThat(answers(driver)).containsExactly(Map.entry(head, Status.OK));
        default -> assertThat(answers(driver)).isEmpty();
      }
      assertThat(stops).hasValue(outcome.equals("stops") ? 1 : 0);
      assertThat(disk.report().counters()).containsEntry("ioerrors", 1L);
      stop(disk, queue);
    }
  }

  @Test
  void whereNothingIsNotedForASuccessor_theGuestIsTold() throws Exception {
    zvol.fault(_ -> Errno.ENOSPC);
    VirtioBlk disk = disk(",werror=stop");
    DriverEnd driver = driver(RingLayout.SPLIT);
    DeviceQueue queue = start(disk, driver, Optional.empty());
    int head = write(driver, 0);
    turns(disk, queue);
    assertThat(answers(driver)).containsExactly(Map.entry(head, Status.IOERR));
    assertThat(stops).hasValue(0);
    stop(disk, queue);
  }

  /** The host that it moves to would know nothing of what is in flight here. */
  @Test
  void aGuestThatIsBeingMoved_isTold() throws Exception {
    zvol.fault(_ -> Errno.ENOSPC);
    VirtioBlk disk = disk("");
    DriverEnd driver = driver(RingLayout.SPLIT);
    DeviceQueue queue = start(disk, driver, area());
    int before = write(driver, 0);
    turns(disk, queue);
    assertThat(answers(driver)).isEmpty();
    try (SharedLog log = new SharedLog()) {
      queue.ring().log(Optional.of(log.log()));
      stop(disk, queue);
      assertThat(answers(driver)).containsExactly(Map.entry(before, Status.IOERR));
      DeviceQueue next = start(disk, driver, area());
      next.ring().log(Optional.of(log.log()));
      stops.set(0);
      int after = write(driver, 1);
      turns(disk, next);
      assertThat(answers(driver)).containsEntry(after, Status.IOERR);
      assertThat(stops).hasValue(0);
      stop(disk, next);
    }
  }

  /** QEMU forgets the wish when somebody says cont before it was followed. */
  @Test
  void aGuestThatRunsOn_isAskedAgainToStop() throws Exception {
    zvol.fault(_ -> Errno.ENOSPC);
    VirtioBlk disk = disk("");
    DriverEnd driver = driver(RingLayout.SPLIT);
    DeviceQueue queue = start(disk, driver, area());
    int ignored = write(driver, 0);
    turns(disk, queue);
    turns(disk, queue);
    assertThat(stops).hasValue(1);
    TimeUnit.NANOSECONDS.sleep(disk.sleepNanos(queue) + 1_000_000);
    assertThat(disk.mayIdle(queue)).isFalse();
    turns(disk, queue);
    assertThat(stops).hasValue(2);
    assertThat(disk.mayIdle(queue)).isTrue();
    stop(disk, queue);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "werror=stop|werror=stop: only a disk inside its guest's QEMU (kvmzone run, or the plugin)"
            + " can have it stopped: say report, or leave it out",
        "werror=enospc|werror=enospc: only a disk inside its guest's QEMU (kvmzone run, or the"
            + " plugin) can have it stopped: say report, or leave it out",
        "rerror=stop|rerror=stop: only a disk inside its guest's QEMU (kvmzone run, or the plugin)"
            + " can have it stopped: say report, or leave it out",
        "rerror=enospc|rerror=enospc: must be one of report, ignore, stop",
        "werror=panic|werror=panic: must be one of report, ignore, enospc, stop",
      })
  void besideQemu_nobodyIsStopped(String property, String message) {
    assertThatThrownBy(() -> ErrorPolicy.of(spec("," + property), Optional.empty()))
        .isInstanceOf(SpecException.class)
        .hasMessage("zvol disk0: " + message);
  }

  @Test
  void whatIsNotSaid_isQemusDefault_whereThatCanBe() {
    assertThat(ErrorPolicy.of(spec(""), Optional.of(machine)).words())
        .containsExactly(Map.entry("werror", "enospc"), Map.entry("rerror", "report"));
    assertThat(ErrorPolicy.of(spec(""), Optional.empty())).isEqualTo(ErrorPolicy.REPORT);
  }

  @Test
  void theLogHasALineEachTimeThatTheGuestIsStopped() {
    VolumeErrors errors = new VolumeErrors("disk0", System::nanoTime);
    assertThat(errors.stopLine("write", 4096, 512, Errno.ENOSPC))
        .contains(
            "disk0: write of 512 bytes at 4096 failed: No space left on device; the guest is being"
                + " stopped: make room, then have it go on with QMP's cont, and it is tried again");
    assertThat(errors.stopLine("write", 0, 512, Errno.ENOSPC)).isEmpty();
    errors.started();
    assertThat(errors.stopLine("read", 0, 512, Errno.EIO).orElse("")).contains("mend the storage");
  }
}
