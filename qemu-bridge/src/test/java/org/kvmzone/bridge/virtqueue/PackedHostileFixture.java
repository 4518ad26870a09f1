package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.PackedDriverRing;

/**
 * A packed ring of 8 entries in such memory, and what has to hold when it breaks. All of it is
 * tried in a new ring, just before its end in the first round, and in the second.
 */
@ParameterizedClass(name = "from place {0}")
@ValueSource(ints = {0, 6, 15})
abstract class PackedHostileFixture extends EdgeFixture {
  private final int start;
  PackedDriverRing driver;
  PackedVirtqueue queue;

  PackedHostileFixture(int start) {
    this.start = start;
    driver = driver(8);
    queue = device(Features.INDIRECT_DESC);
  }

  private PackedDriverRing driver(int size) {
    PackedDriverRing made = new PackedDriverRing(ram, size);
    made.startAt(start);
    return made;
  }

  /** Begins anew with a ring of another size. */
  void ringOf(int size) {
    driver = driver(size);
    queue = device(Features.INDIRECT_DESC);
  }

  /** Serves the ring from where the driver is. */
  final PackedVirtqueue device(long features) {
    return new PackedVirtqueue(driver.size(), features, driver.base(), memory, driver.memory());
  }

  /** Pops the one chain that is there. */
  void assertTaken() {
    assertThat(queue.pop(chain)).as("%s", queue.fault()).isTrue();
    assertThat(queue.fault()).isEmpty();
  }

  /** Pops one chain that is there, and keeps it in flight. */
  Chain taken() {
    Chain kept = new Chain();
    assertThat(queue.pop(kept)).as("%s", queue.fault()).isTrue();
    return kept;
  }

  /** There is nothing to pop, and nothing wrong. */
  void assertNothing() {
    assertThat(queue.hasAvailable()).isFalse();
    assertThat(queue.pop(chain)).isFalse();
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

    driver.startAt(start);
    driver.offer(buffer, 16, 0, WRITE);
    assertThat(queue.pop(chain)).as("an honest chain on a broken ring").isFalse();
    assertThat(queue.fault()).contains(fault);

    ringOf(driver.size());
    int id = driver.add(new Piece(buffer, 16, true));
    assertTaken();
    queue.push(chain, 16);
    queue.publish();
    assertThat(driver.nextUsed()).contains(new Used(id, 16));
  }
}
