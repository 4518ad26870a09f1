package org.kvmzone.bridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Vmm;

/**
 * The classes of bugs that such code had elsewhere (vhost-user.md §5.1), as far as a guest's driver
 * causes them: each against a whole session. Those of messages are in {@link MessageClassesTest},
 * those of block requests and frames with the devices.
 */
class BugClassesTest extends Conformance {
  private static final int NEXT = DriverRing.NEXT;
  private static final int WRITE = DriverRing.WRITE;
  private static final int INDIRECT = DriverRing.INDIRECT;
  private static final int CUTS = Integer.getInteger("kvmzone.cuts", 600);

  private static long buffer(Vmm vmm) {
    return vmm.ram().allocate(64, 16);
  }

  private static void chain(LiveRing ring, long address, int length, int flags, int next) {
    ring.driver().descriptor(0, address, length, flags, next);
    ring.driver().available(0);
  }

  /** An indirect table of so many entries, each followed by the next and the last by entry 0. */
  private static long circle(Vmm vmm, int entries) {
    long table = vmm.ram().allocate(16L * entries, 16);
    MemorySegment memory = vmm.ram().at(table, 16L * entries);
    for (int i = 0; i < entries; i++) {
      DriverRing.descriptor(memory, i, buffer(vmm), 1, NEXT, (i + 1) % entries);
    }
    return table;
  }

  @Test
  @DisplayName("C1: descriptors that go round in circles, chains longer than may be")
  void c1() {
    breaksRing(QueueCounter.CHAIN_TOO_LONG, (vmm, ring) -> chain(ring, buffer(vmm), 64, NEXT, 0));
    breaksRing(
        QueueCounter.CHAIN_TOO_LONG,
        (vmm, ring) -> {
          ring.driver().descriptor(1, buffer(vmm), 64, NEXT, 0);
          chain(ring, buffer(vmm), 64, NEXT, 1);
        });
    breaksRing(
        QueueCounter.CHAIN_TOO_LONG,
        (vmm, ring) -> {
          for (int i = 0; i < RING; i++) {
            ring.driver().descriptor(i, buffer(vmm), 1, NEXT, (i + 1) % RING);
          }
          ring.driver().available(0);
        });
    breaksRing(
        QueueCounter.CHAIN_TOO_LONG, (vmm, ring) -> chain(ring, circle(vmm, 4), 64, INDIRECT, 0));
    breaksRing(
        QueueCounter.CHAIN_TOO_LONG,
        (vmm, ring) -> chain(ring, circle(vmm, 2000), 32_000, INDIRECT, 0));
  }

  @Test
  @DisplayName("C2: indirect tables in every wrong form")
  void c2() {
    breaksRing(
        QueueCounter.INDIRECT_FORBIDDEN,
        (vmm, ring) -> {
          long table = vmm.ram().allocate(16, 16);
          DriverRing.descriptor(vmm.ram().at(table, 16), 0, table, 16, INDIRECT, 0);
          chain(ring, table, 16, INDIRECT, 0);
        });
    breaksRing(
        QueueCounter.INDIRECT_FORBIDDEN,
        (vmm, ring) -> chain(ring, circle(vmm, 1), 16, INDIRECT | NEXT, 1));
    for (int length : new int[] {0, 15, 17, -1}) {
      breaksRing(
          QueueCounter.INDIRECT_LENGTH,
          (vmm, ring) -> chain(ring, circle(vmm, 2), length, INDIRECT, 0));
    }
    long end = GuestRam.GUEST_BASE + (8 << 20);
    for (long address : new long[] {0, end, end - 16, -16}) {
      breaksRing(QueueCounter.BAD_ADDRESS, (vmm, ring) -> chain(ring, address, 32, INDIRECT, 0));
    }
    breaksRing(
        QueueCounter.BAD_DESCRIPTOR_INDEX,
        (vmm, ring) -> {
          long table = circle(vmm, 2);
          DriverRing.descriptor(vmm.ram().at(table, 32), 1, buffer(vmm), 1, NEXT, 2);
          chain(ring, table, 32, INDIRECT, 0);
        });
    long before = device.count(QueueCounter.INDIRECT_FORBIDDEN.kstat());
    try (Vmm vmm = Vmm.connected(device, Vmm.PLAIN)) {
      LiveRing ring = vmm.start(0, RING);
      chain(ring, circle(vmm, 1), 16, INDIRECT, 0);
      ring.kick();
      Await.until(
          "a table that was not agreed on is noticed",
          () -> device.count(QueueCounter.INDIRECT_FORBIDDEN.kstat()) == before + 1);
    }
  }

  @Test
  @DisplayName("C3: addresses and lengths that are not the guest's, or not all of them")
  void c3() {
    long begin = GuestRam.GUEST_BASE;
    long end = begin + (8 << 20);
    long[][] outside = {
      {0, 1}, {begin - 1, 2}, {end, 1}, {end - 1, 2}, {begin, (8 << 20) + 1},
      {-1, 1}, {-1, 2}, {-4096, 8192}, {Long.MAX_VALUE, 64}, {Long.MIN_VALUE, 64},
    };
    for (long[] piece : outside) {
      for (int flags : new int[] {0, WRITE}) {
        breaksRing(
            QueueCounter.BAD_ADDRESS,
            (vmm, ring) -> chain(ring, piece[0], (int) piece[1], flags, 0));
      }
    }
    breaksRing(
        QueueCounter.TOO_MANY_BYTES,
        (vmm, ring) -> {
          long table = vmm.ram().allocate(1024 * 16, 16);
          for (int i = 0; i < 1024; i++) {
            int more = i == 1023 ? 0 : NEXT;
            DriverRing.descriptor(vmm.ram().at(table, 1024 * 16), i, begin, 8 << 20, more, i + 1);
          }
          chain(ring, table, 1024 * 16, INDIRECT, 0);
        });
    breaksRing(
        QueueCounter.READABLE_AFTER_WRITABLE,
        (vmm, ring) -> {
          ring.driver().descriptor(1, buffer(vmm), 1, 0, 0);
          chain(ring, buffer(vmm), 1, WRITE | NEXT, 1);
        });
  }

  @Test
  @DisplayName("C4: a driver that changes what it has said while it is read")
  void c4() {
    SplittableRandom random = new SplittableRandom(Long.getLong("kvmzone.seed", 4));
    for (int round = 0; round < 10; round++) {
      try (Vmm vmm = connect()) {
        LiveRing ring = vmm.start(0, RING);
        LiveRing other = vmm.start(1, RING);
        AtomicBoolean over = new AtomicBoolean();
        SplittableRandom dice = random.split();
        Thread changing = new Thread(() -> change(vmm, ring, dice, over), "changing");
        changing.start();
        for (int i = 0; i < 100; i++) {
          other.echo((byte) i);
        }
        neighbour.answers(100);
        over.set(true);
        Await.until("the end of the changes", () -> !changing.isAlive());
        vmm.stop(0);
      }
    }
    assertThat(device.count("ringfaults")).as("rings that broke").isPositive();
    assertThat(device.count("broken")).isZero();
  }

  private static void change(Vmm vmm, LiveRing ring, SplittableRandom random, AtomicBoolean over) {
    long table = circle(vmm, 4);
    MemorySegment entries = vmm.ram().at(table, 64);
    long buffer = buffer(vmm);
    DriverRing driver = ring.driver();
    for (int i = 0; !over.get(); i++) {
      int index = random.nextInt(RING);
      boolean last = random.nextInt(4) > 0;
      driver.descriptor(index, buffer, 16, last ? 0 : NEXT, random.nextInt(RING));
      DriverRing.descriptor(
          entries, random.nextInt(4), buffer, 16, last ? WRITE : NEXT, random.nextInt(5));
      driver.descriptor(index, table, 16 * random.nextInt(5), INDIRECT, 0);
      driver.descriptor(index, buffer, 1 << random.nextInt(24), WRITE, 0);
      driver.available(index);
      if (random.nextInt(16) == 0) {
        driver.availableIndex(random.nextInt(0x1_0000));
      }
      if (i % 16 == 0) {
        ring.kick();
      }
    }
  }

  @Test
  @DisplayName("C5: an available index that jumps, goes back, or never stops")
  void c5() {
    int[] indices = {RING + 2, 0x7fff, 0xffff, 0};
    for (int index : indices) {
      breaksRing(
          QueueCounter.BAD_AVAILABLE_INDEX, (vmm, ring) -> ring.driver().availableIndex(index));
    }
    for (int head : new int[] {RING, RING + 1, 0x8000, 0xffff}) {
      breaksRing(QueueCounter.BAD_DESCRIPTOR_INDEX, (vmm, ring) -> ring.driver().available(head));
    }
    try (Vmm vmm = connect()) {
      LiveRing ring = vmm.start(0, RING);
      LiveRing other = vmm.start(1, RING);
      AtomicBoolean over = new AtomicBoolean();
      Thread racing = new Thread(() -> race(vmm, ring, over), "racing");
      racing.start();
      for (int i = 0; i < 200; i++) {
        other.echo((byte) i); // on the same thread
      }
      neighbour.answers(200);
      over.set(true);
      Await.until("the end of the race", () -> !racing.isAlive());
      vmm.stop(0);
    }
  }

  /** Makes chains available as fast as they are taken. */
  private static void race(Vmm vmm, LiveRing ring, AtomicBoolean over) {
    Piece nothing = new Piece(buffer(vmm), 16, true);
    ring.kick();
    while (!over.get()) {
      if (ring.driver().free() > 0) {
        ring.driver().add(nothing);
        ring.kick();
      }
      ring.driver().nextUsed();
    }
  }

  @Test
  @DisplayName("C6: a head that is made available again while it is in flight")
  void c6() {
    for (int others = 0; others < 3; others++) {
      int before = others;
      breaksRing(
          QueueCounter.HEAD_IN_FLIGHT,
          (vmm, ring) -> {
            echo.hang(true);
            int served = echo.served();
            for (int i = 0; i < before; i++) {
              ring.driver().add(vmm.ram().writable(16));
            }
            int head = ring.driver().add(vmm.ram().writable(16));
            ring.kick();
            Await.until("it is in flight", () -> echo.served() == served + before + 1);
            long counted = device.count(QueueCounter.HEAD_IN_FLIGHT.kstat());
            ring.driver().available(head);
            ring.kick();
            Await.until(
                "it is noticed",
                () -> device.count(QueueCounter.HEAD_IN_FLIGHT.kstat()) == counted + 1);
            echo.hang(false);
          });
    }
  }

  @Test
  @DisplayName("C9: memory that is cut off under a running ring")
  void c9() {
    breaksRing(
        QueueCounter.DEVICE_FAILED,
        (vmm, ring) -> {
          GuestRam more = new GuestRam(1 << 16, 0x9_0000_0000L, 0x7e00_0000_0000L);
          try (more) {
            vmm.accepted(Request.ADD_MEM_REG, Vmm.region(more), more.fd().number());
            Errno.check(Unistd.ftruncate(more.fd().number(), 0), "ftruncate");
          }
          ring.driver().add(vmm.ram().readable((byte) 1), new Piece(0x9_0000_0000L, 1, true));
        });
  }

  @Test
  @DisplayName("C9: a running ring whose own memory is cut off")
  void c9Ring() {
    for (int round = 0; round < CUTS; round++) {
      long before = device.count("ringfaults");
      try (Vmm vmm = connect()) {
        LiveRing ring = vmm.start(0, RING);
        for (int i = 0; i < round % 20; i++) {
          ring.echo((byte) round);
        }
        Errno.check(Unistd.ftruncate(vmm.ram().fd().number(), 0), "ftruncate");
        ring.kick();
        Await.until("the ring is broken", () -> device.count("ringfaults") == before + 1);
        assertThat(vmm.frontEnd().ask(Request.GET_STATUS)).isZero();
        Errno.check(Unistd.ftruncate(vmm.ram().fd().number(), 8 << 20), "ftruncate");
      }
    }
    assertThat(device.count("broken")).isZero();
  }

  @Test
  @DisplayName("C15: a device that is made to write to its own rings")
  void c15() {
    try (Vmm vmm = connect()) {
      for (int round = 0; round < 3; round++) {
        LiveRing ring = vmm.start(0, RING);
        LiveRing other = vmm.start(1, RING);
        DriverRing driver = ring.driver();
        long[] own = {driver.descriptorsAt(), driver.availableAt(), driver.usedAt()};
        byte[] noise = new byte[32];
        Arrays.fill(noise, (byte) 0xff);
        driver.add(vmm.ram().readable(noise), new Piece(own[round], 32, true));
        int served = echo.served();
        ring.kick();
        Await.until("it is taken", () -> echo.served() > served);
        other.echo((byte) 1);
        neighbour.answers(50);
        vmm.stop(0);
        vmm.stop(1);
      }
    }
  }

  @Test
  @DisplayName("C10: whatever descriptors come with whatever message, none stays open")
  void c10() {
    try (Fd file = Fd.event()) {
      for (int request = 0; request <= Request.END; request++) {
        for (int count : new int[] {1, 2, 8}) {
          int[] files = new int[count];
          Arrays.fill(files, file.number());
          try (FrontEnd frontEnd = device.connect()) {
            frontEnd.send(request, FrontEnd.VERSION, new byte[8], files);
            frontEnd.finish();
          }
        }
      }
    }
    device.awaitEnd();
  }
}
