package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** A split ring, in memory with edges of every kind, and what has to hold when it breaks. */
abstract class HostileFixture {
  static final int NEXT = DriverRing.NEXT;
  static final int WRITE = DriverRing.WRITE;
  static final int INDIRECT = DriverRing.INDIRECT;

  static final int RAM_BYTES = 4 << 20;
  static final int PAGE = 0x1000;

  /** Where {@link #ram} ends and {@link #adjacent} begins. */
  static final long BORDER = GuestRam.GUEST_BASE + RAM_BYTES;

  /** The first address behind {@link #adjacent}: nobody's. */
  static final long GAP = BORDER + PAGE;

  final GuestRam ram = new GuestRam(RAM_BYTES);
  final GuestRam adjacent = new GuestRam(PAGE, BORDER, 0x1000_0000);
  final GuestRam lowest = new GuestRam(PAGE, 0, 0x2000_0000);
  final GuestRam highest = new GuestRam(PAGE, -PAGE, 0x3000_0000);
  final GuestMemory memory =
      new GuestMemory(List.of(lowest.region(), ram.region(), adjacent.region(), highest.region()));

  /** A page of {@link #ram} that is nobody else's. */
  final long buffer = ram.allocate(PAGE, PAGE);

  final Chain chain = new Chain();
  DriverRing driver = new DriverRing(ram, 8);
  Virtqueue queue = device(Features.INDIRECT_DESC);

  @AfterEach
  void unmap() {
    Stream.of(ram, adjacent, lowest, highest).forEach(GuestRam::close);
  }

  /** Begins anew with a ring of another size. */
  void ringOf(int size) {
    driver = new DriverRing(ram, size);
    queue = device(Features.INDIRECT_DESC);
  }

  private Virtqueue device(long features) {
    return new SplitVirtqueue(driver.size(), features, 0, memory, driver.memory());
  }

  /** Pops the one chain that is there. */
  void assertTaken() {
    assertThat(queue.pop(chain)).as("%s", queue.fault()).isTrue();
    assertThat(queue.fault()).isEmpty();
  }

  /**
   * The ring is found broken in this way: nothing can be taken from it afterwards, not even an
   * honest chain, nothing is written to memory, and a new ring works.
   */
  void assertBroken(QueueFault fault) {
    List<byte[]> before = contents();
    assertThat(queue.pop(chain)).isFalse();
    assertThat(queue.fault()).contains(fault);
    assertThat(queue.pop(chain)).as("popped again").isFalse();
    assertThat(queue.hasAvailable()).isFalse();
    assertThat(queue.armKicks()).as("may sleep").isTrue();
    queue.disarmKicks();
    queue.publish();
    assertThat(queue.interruptWanted()).isFalse();
    assertThat(contents()).usingElementComparator(Arrays::compare).isEqualTo(before);

    driver.descriptor(0, buffer, 16, WRITE, 0);
    driver.available(0);
    assertThat(queue.pop(chain)).as("an honest chain on a broken ring").isFalse();
    assertThat(queue.fault()).contains(fault);

    ringOf(driver.size());
    int head = driver.add(new Piece(buffer, 16, true));
    assertTaken();
    queue.push(chain, 16);
    queue.publish();
    assertThat(driver.nextUsed()).contains(new Used(head, 16));
  }

  private List<byte[]> contents() {
    return memory.regions().stream().map(region -> region.segment().toArray(JAVA_BYTE)).toList();
  }
}
