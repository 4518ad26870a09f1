package org.kvmzone.bridge.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.SharedLog;

class DirtyLogTest {
  private static final int PAGE_OF_HIGH = (int) (GuestRam.GUEST_BASE >>> 12);

  private final GuestRam low = new GuestRam(8 * 4096, 0x1_0000, 0x10_0000);
  private final GuestRam high = new GuestRam(2 * 4096);
  private final GuestMemory memory = new GuestMemory(List.of(low.region(), high.region()));
  private final SharedLog shared = new SharedLog();

  @AfterEach
  void close() {
    shared.close();
    low.close();
    high.close();
  }

  private void mark(GuestRam ram, long offset, long length) {
    shared.log().mark(memory, ram.region().segment().address() + offset, length);
  }

  @Test
  void mark_setsABitForEachPage_byGuestAddress() {
    mark(low, 0, 1);
    mark(low, 4096 + 4095, 2);
    mark(low, 5 * 4096, 4096);
    mark(high, 4096, 1);
    mark(low, 7 * 4096, 0);
    assertThat(shared.takeDirtyPages()).containsExactly(16, 17, 18, 21, PAGE_OF_HIGH + 1);
  }

  @Test
  void mark_ofMemoryThatIsNobodys_doesNothing() {
    try (Arena arena = Arena.ofConfined()) {
      shared.log().mark(memory, arena.allocate(64).address(), 64);
    }
    assertThat(shared.takeDirtyPages()).isEmpty();
  }

  @Test
  void mark_ofBuffers_takesEachPiece() {
    Buffers buffers = new Buffers();
    buffers.add(low.region().segment(), 0, 16);
    buffers.add(high.region().segment(), 0, 16);
    shared.log().mark(memory, buffers);
    assertThat(shared.takeDirtyPages()).containsExactly(16, PAGE_OF_HIGH);
  }

  @Test
  void mark_keepsBitsThatTheFrontEndHasNotTaken() {
    shared.bits().set(JAVA_LONG, 0, 1);
    mark(low, 0, 1);
    assertThat(shared.takeDirtyPages()).containsExactly(0, 16);
  }

  @Test
  void covers_asksForTheLastPage() {
    assertThat(shared.log().covers(high.region().description())).isTrue();
    long last = SharedLog.SIZE * 8 * 4096 - 4096;
    assertThat(shared.log().covers(new MemoryRegion.Description(last, 4096, 0, 0))).isTrue();
    assertThat(shared.log().covers(new MemoryRegion.Description(last, 4097, 0, 0))).isFalse();
    assertThat(shared.log().covers(new MemoryRegion.Description(-4096, 4096, 0, 0))).isFalse();
  }

  @Test
  void map_ofWhatIsNoLog_isRefused() {
    int file = shared.file().number();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DirtyLog.map(file, 0, 12))
        .withMessage("dirty log of 12 bytes at 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DirtyLog.map(file, 8, SharedLog.SIZE))
        .withMessageStartingWith("dirty log ends at byte");
    // CVE-2020-10722: offset and size that wrap around together.
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DirtyLog.map(file, Long.MAX_VALUE - 7, 4096))
        .withMessageStartingWith("dirty log of 4096 bytes at");
  }
}
