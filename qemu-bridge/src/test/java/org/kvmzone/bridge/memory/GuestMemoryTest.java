package org.kvmzone.bridge.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.GuestRam;

class GuestMemoryTest {
  // Two that touch for the guest but not for the front end, and one at the end of the world.
  private final GuestRam first = new GuestRam(0x2000, 0x10_0000, 0x7000_0000);
  private final GuestRam second = new GuestRam(0x1000, 0x10_2000, 0x7100_0000);
  private final GuestRam last = new GuestRam(0x1000, -0x1000, -0x1000);
  private final GuestMemory memory =
      new GuestMemory(List.of(first.region(), second.region(), last.region()));

  @AfterEach
  void unmap() {
    first.close();
    second.close();
    last.close();
  }

  @Test
  void region_isTheOneThatHoldsTheAddress() {
    assertThat(memory.region(0x10_0000, null)).isSameAs(first.region());
    assertThat(memory.region(0x10_1fff, null)).isSameAs(first.region());
    assertThat(memory.region(0x10_2000, null)).isSameAs(second.region());
    assertThat(memory.region(0x10_2fff, null)).isSameAs(second.region());
    assertThat(memory.region(-1, null)).isSameAs(last.region());
    assertThat(memory.region(-0x1000, null)).isSameAs(last.region());
  }

  @Test
  void region_outsideOfAll_isNone() {
    assertThat(memory.region(0, null)).isNull();
    assertThat(memory.region(0x0f_ffff, null)).isNull();
    assertThat(memory.region(0x10_3000, null)).isNull();
    assertThat(memory.region(-0x1001, null)).isNull();
    assertThat(memory.region(0x8000_0000_0000_0000L, null)).isNull();
    assertThat(GuestMemory.EMPTY.region(0x10_0000, null)).isNull();
  }

  @Test
  void region_withAHint_doesNotBelieveIt() {
    assertThat(memory.region(0x10_2000, first.region())).isSameAs(second.region());
    assertThat(memory.region(0x10_0000, first.region())).isSameAs(first.region());
    assertThat(memory.region(0x10_3000, second.region())).isNull();
  }

  @Test
  void atUserAddress_isMemoryThatLiesInOneRegionAsAWhole() {
    first.region().segment().set(JAVA_BYTE, 0x1234, (byte) 99);
    assertThat(memory.atUserAddress(0x7000_1234, 4))
        .hasValueSatisfying(found -> {
          assertThat(found.byteSize()).isEqualTo(4);
          assertThat(found.get(JAVA_BYTE, 0)).isEqualTo((byte) 99);
        });
    assertThat(memory.atUserAddress(0x7000_0000, 0x2000)).isPresent();
    assertThat(memory.atUserAddress(0x7000_1fff, 1)).isPresent();
    assertThat(memory.atUserAddress(-0x1000, 0x1000)).isPresent();
    assertThat(memory.atUserAddress(-1, 1)).isPresent();
  }

  @Test
  void atUserAddress_thatEndsOutside_isNothing() {
    assertThat(memory.atUserAddress(0x7000_0000, 0x2001)).isEmpty();
    assertThat(memory.atUserAddress(0x7000_1fff, 2)).isEmpty();
    assertThat(memory.atUserAddress(0x6fff_ffff, 1)).isEmpty();
    assertThat(memory.atUserAddress(0x7000_2000, 1)).isEmpty();
    assertThat(memory.atUserAddress(-1, 2)).isEmpty();
    assertThat(memory.atUserAddress(0, Long.MAX_VALUE)).isEmpty();
    assertThat(memory.atUserAddress(0x7000_0000, Long.MAX_VALUE)).isEmpty();
    assertThat(memory.atUserAddress(0x7000_0000, -1)).isEmpty();
    assertThat(memory.atUserAddress(0x10_0000, 1)).as("a guest address").isEmpty();
  }

  @Test
  void span_holdsAllRegions_untilTheyMayGo() {
    Arena mapped = Arena.ofShared();
    List<MemoryRegion> regions = memory.regions();
    MemorySegment span = new GuestMemory(regions, mapped).span();
    for (MemoryRegion region : regions) {
      long at = region.segment().address() - span.address();
      region.segment().set(JAVA_BYTE, region.size() - 1, (byte) 77);
      assertThat(span.get(JAVA_BYTE, at + region.size() - 1)).isEqualTo((byte) 77);
    }
    mapped.close();
    assertThatIllegalStateException().isThrownBy(() -> span.get(JAVA_BYTE, 0));
    assertThat(GuestMemory.EMPTY.span().byteSize()).isZero();
  }

  @Test
  void theTable_isACopy() {
    List<MemoryRegion> regions = new ArrayList<>(List.of(first.region()));
    GuestMemory copy = new GuestMemory(regions);
    regions.add(second.region());
    assertThat(copy.regions()).containsExactly(first.region());
  }
}
