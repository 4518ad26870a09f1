package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** A split ring in such memory, and what has to hold when it breaks. */
abstract class HostileFixture extends EdgeFixture {
  DriverRing driver = new DriverRing(ram, 8);
  Virtqueue queue = device(Features.INDIRECT_DESC);

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
}
