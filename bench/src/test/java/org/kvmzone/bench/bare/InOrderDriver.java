package org.kvmzone.bench.bare;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.List;
import org.kvmzone.bridge.testing.DriverEnd;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.PackedDriverRing;

/**
 * What a driver that negotiated IN_ORDER knows more than the test kit's: one used element, that of
 * the last buffer, stands for a batch (virtio 1.3 §2.7.9, §2.8.7). It is checked, and written out
 * as the elements that it stands for.
 */
final class InOrderDriver {
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  private InOrderDriver() {}

  /** Writes out the elements of chains that were given back, in the order of {@code names}. */
  static void unfold(DriverEnd driver, List<Integer> names) {
    switch (driver) {
      case DriverRing split -> unfoldSplit(split, names);
      case PackedDriverRing packed -> unfoldPacked(packed, names);
      default -> throw new IllegalArgumentException(driver.toString());
    }
  }

  private static void unfoldSplit(DriverRing driver, List<Integer> names) {
    int from = driver.usedSeen();
    int last = names.size() - 1;
    assertThat(driver.memory().used().get(U64, element(driver, from + last)))
        .isEqualTo(names.get(last).longValue());
    for (int i = 0; i < last; i++) {
      driver.memory().used().set(U64, element(driver, from + i), names.get(i));
    }
  }

  private static long element(DriverRing driver, int index) {
    return 4 + 8L * (index & (driver.size() - 1));
  }

  private static void unfoldPacked(PackedDriverRing driver, List<Integer> names) {
    int place = driver.used();
    int i = 0;
    while (i < names.size()) {
      int flags = driver.flags(driver.slot(place));
      int last = names.indexOf(id(driver, place));
      assertThat(last).isGreaterThanOrEqualTo(i);
      for (; i <= last; i++) {
        driver.descriptor(driver.slot(place), 0, 0, names.get(i), flags);
        place = driver.next(place, 1);
      }
    }
  }

  private static int id(PackedDriverRing driver, int place) {
    long at = 16L * driver.slot(place) + 12;
    return driver.memory().descriptors().get(ValueLayout.JAVA_SHORT, at) & 0xffff;
  }
}
