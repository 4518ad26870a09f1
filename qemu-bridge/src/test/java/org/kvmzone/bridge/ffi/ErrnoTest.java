package org.kvmzone.bridge.ffi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ErrnoTest {
  private static final int CALLS = 20_000;

  @Test
  void eachThreadSeesTheErrorOfItsOwnCalls() throws Exception {
    CyclicBarrier together = new CyclicBarrier(3);
    try (Arena arena = Arena.ofShared();
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      MemorySegment missing = arena.allocateFrom("/no/such/file");
      List<Future<Integer>> strangers =
          threads.invokeAll(
              List.of(
                  other(together, -Errno.EBADF, () -> Unistd.fsync(-1)),
                  other(together, -Errno.ENOENT, () -> Fcntl.open(missing, Fcntl.O_RDONLY, 0)),
                  other(together, -Errno.EINVAL, () -> SysEventfd.eventfd(0, -1))));
      for (Future<Integer> stranger : strangers) {
        assertThat(stranger.get()).as("results that belong to another thread's call").isZero();
      }
    }
  }

  /** Calls again and again; counts the results that are not the expected one. */
  private static Callable<Integer> other(
      CyclicBarrier together, int expected, Callable<Integer> call) {
    return () -> {
      together.await();
      int others = 0;
      for (int i = 0; i < CALLS; i++) {
        others += call.call() == expected ? 0 : 1;
      }
      return others;
    };
  }

  @Test
  void theStateOfACall_isItsErrorAlone() {
    MemoryLayout errno = ValueLayout.JAVA_INT.withName("errno");
    assertThat(Linker.Option.captureStateLayout().memberLayouts()).containsExactly(errno);
  }

  @Test
  void check_passesResultsOnAndTurnsErrorsIntoExceptions() {
    assertThat(Errno.check(0, "zero")).isZero();
    assertThat(Errno.check(7L, "seven")).isEqualTo(7);
    assertThatExceptionOfType(NativeException.class)
        .isThrownBy(() -> Errno.check(-Errno.EACCES, "open /dev/kvm"))
        .withMessage("open /dev/kvm: Permission denied");
    assertThatExceptionOfType(NativeException.class)
        .isThrownBy(() -> Errno.check((long) -Errno.ENOSPC, "write"))
        .withMessage("write: No space left on device")
        .satisfies(thrown -> assertThat(thrown.errno()).isEqualTo(Errno.ENOSPC));
  }

  @Test
  void message_ofAnUnknownNumber_isStillText() {
    assertThat(Errno.message(9999)).contains("9999");
  }
}
