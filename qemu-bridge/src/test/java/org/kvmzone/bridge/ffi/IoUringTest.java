package org.kvmzone.bridge.ffi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries and completions, of the ring that this kernel has best and of an ordinary one. */
class IoUringTest {
  private static final int ENTRIES = 8;
  private static final int PAGE = 4096;

  private final Fd event = Fd.event();
  private final Fd file = Fd.memory("io_uring", 64L * PAGE, 0);
  private final MemorySegment memory = Arena.ofAuto().allocate(64L * PAGE, PAGE);

  @BeforeAll
  static void isThere() {
    try (Fd event = Fd.event();
        IoUring ring = IoUring.open(ENTRIES, 2 * ENTRIES, event.number())) {
      assertThat(ring.unsent()).isZero();
    } catch (NativeException e) {
      assumeTrue(
          e.errno() != Errno.ENOSYS && e.errno() != Errno.EPERM,
          "io_uring is switched off here, and not tested: " + e.getMessage());
      throw e;
    }
  }

  @AfterEach
  void close() {
    file.close();
    event.close();
  }

  private IoUring ring(boolean best) {
    IoUring ring =
        best
            ? IoUring.open(ENTRIES, 2 * ENTRIES, event.number())
            : new IoUring(0, ENTRIES, 2 * ENTRIES, event.number());
    ring.enable();
    return ring;
  }

  private static void await(IoUring ring) {
    long end = System.nanoTime() + 10_000_000_000L;
    while (!ring.isComplete()) {
      assertThat(ring.enter()).isNotNegative();
      assertThat(System.nanoTime()).isLessThan(end);
    }
  }

  private boolean push(IoUring ring, int opcode, int page) {
    return ring.push(
        opcode,
        file.number(),
        (long) page * PAGE,
        memory.address() + (long) page * PAGE,
        PAGE,
        page);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsWrittenIsRead_andTheRingTakesNoMoreThanItHasRoomFor(boolean best) {
    try (IoUring ring = ring(best)) {
      for (int page = 0; page < ENTRIES; page++) {
        memory.asSlice((long) page * PAGE, PAGE).fill((byte) (1 + page));
        assertThat(push(ring, LinuxIoUring.IORING_OP_WRITE, page)).isTrue();
      }
      assertThat(push(ring, LinuxIoUring.IORING_OP_WRITE, ENTRIES)).as("full").isFalse();
      assertThat(ring.unsent()).isEqualTo(ENTRIES);
      Set<Long> seen = complete(ring, ENTRIES);
      assertThat(seen).hasSize(ENTRIES);
      memory.fill((byte) 0);
      for (int page = 0; page < ENTRIES; page++) {
        assertThat(push(ring, LinuxIoUring.IORING_OP_READ, page)).isTrue();
      }
      assertThat(complete(ring, ENTRIES)).hasSize(ENTRIES);
      for (int page = 0; page < ENTRIES; page++) {
        assertThat(memory.get(ValueLayout.JAVA_BYTE, (long) page * PAGE))
            .isEqualTo((byte) (1 + page));
      }
    }
  }

  private static Set<Long> complete(IoUring ring, int count) {
    Set<Long> seen = new HashSet<>();
    while (seen.size() < count) {
      await(ring);
      assertThat(ring.result()).isEqualTo(PAGE);
      seen.add(ring.data());
      ring.advance();
    }
    assertThat(ring.isComplete()).isFalse();
    return seen;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatDoesNotFitAmongTheCompletionsIsNotLost(boolean best) {
    try (IoUring ring = ring(best)) {
      Set<Long> seen = new HashSet<>();
      for (int page = 0; page < 64; page++) {
        if (!push(ring, LinuxIoUring.IORING_OP_READ, page)) {
          assertThat(ring.enter()).isPositive();
          assertThat(push(ring, LinuxIoUring.IORING_OP_READ, page)).isTrue();
        }
      }
      while (seen.size() < 64) {
        await(ring);
        seen.add(ring.data());
        ring.advance();
      }
      assertThat(seen).hasSize(64);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatFails_saysWhy_andMemoryThatIsGoneIsNoSignal(boolean best) {
    try (IoUring ring = ring(best)) {
      assertThat(ring.push(LinuxIoUring.IORING_OP_READ, file.number(), 0, 8, PAGE, 1)).isTrue();
      await(ring);
      assertThat(ring.result()).isEqualTo(-Errno.EFAULT);
      ring.advance();
      assertThat(
              ring.push(
                  LinuxIoUring.IORING_OP_READ,
                  file.number(),
                  64L * PAGE,
                  memory.address(),
                  PAGE,
                  2))
          .isTrue();
      await(ring);
      assertThat(ring.result()).as("behind the end").isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anEntryThatWasNotTaken_canBeTakenBack(boolean best) {
    try (IoUring ring = ring(best)) {
      assertThat(push(ring, LinuxIoUring.IORING_OP_READ, 3)).isTrue();
      assertThat(push(ring, LinuxIoUring.IORING_OP_READ, 4)).isTrue();
      assertThat(ring.withdraw()).isEqualTo(4);
      assertThat(complete(ring, 1)).containsExactly(3L);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anEventThatIsNone_isRefused_andLeavesNothingOpen(boolean best) throws IOException {
    long before = descriptors();
    assertThatThrownBy(() ->
            (best
                    ? IoUring.open(ENTRIES, 2 * ENTRIES, -1)
                    : new IoUring(0, ENTRIES, 2 * ENTRIES, -1))
                .close())
        .isInstanceOf(NativeException.class)
        .hasMessageContaining("io_uring_register");
    assertThat(descriptors()).isEqualTo(before);
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }
}
