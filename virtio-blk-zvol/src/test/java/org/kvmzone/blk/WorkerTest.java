package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;

class WorkerTest {
  @Test
  void requestsThatWaitTogether_areOneBatch() {
    Semaphore batches = new Semaphore(0);
    CountDownLatch first = new CountDownLatch(1);
    AtomicInteger begun = new AtomicInteger();
    Worker worker =
        new Worker(
            "test",
            () -> {
              begun.incrementAndGet();
              first.countDown();
              batches.acquireUninterruptibly();
            },
            request -> begun.get());
    TestRequest alone = new TestRequest();
    worker.submit(alone);
    awaitLatch(first);
    List<TestRequest> together = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      together.add(new TestRequest());
      worker.submit(together.getLast());
    }
    batches.release(2);
    assertThat(alone.await()).isEqualTo(1);
    together.forEach(request -> assertThat(request.await()).isEqualTo(2));
    assertThat(worker.close(30_000)).isTrue();
  }

  @Test
  void aMistake_failsItsRequests_andNotTheThread() {
    AtomicInteger calls = new AtomicInteger();
    Worker worker =
        new Worker(
            "test that fails",
            () -> {
              if (calls.incrementAndGet() == 1) {
                throw new IllegalStateException("beginning");
              }
            },
            request -> {
              if (calls.get() == 2) {
                throw new IllegalStateException("carrying out");
              }
              return 0;
            });
    for (int expected : new int[] {Errno.EIO, Errno.EIO, 0}) {
      TestRequest request = new TestRequest();
      worker.submit(request);
      assertThat(request.await()).isEqualTo(expected);
      assertThat(request.completions()).isEqualTo(1);
    }
    assertThat(worker.close(30_000)).isTrue();
  }

  @Test
  void close_letsWhatWasHandedOverEnd_andTellsWhenItDoesNot() {
    Semaphore go = new Semaphore(0);
    Worker worker = new Worker("test that hangs", go::acquireUninterruptibly, request -> 0);
    TestRequest request = new TestRequest();
    worker.submit(request);
    assertThat(worker.close(1)).isFalse();
    assertThat(request.completions()).isZero();
    go.release();
    assertThat(request.await()).isZero();
    assertThat(worker.close(30_000)).isTrue();
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
