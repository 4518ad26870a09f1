package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.memory.Buffers;

/** What becomes of requests when the system has no thread left for them. */
class WorkerEngineTest {
  private final Semaphore go = new Semaphore(0);
  private final AtomicInteger asked = new AtomicInteger();

  /** Takes as long as it is told to. */
  private final class Slow implements Transfer {
    @Override
    public int read(long offset, Buffers into) {
      go.acquireUninterruptibly();
      return 0;
    }

    @Override
    public int write(long offset, Buffers from) {
      return read(offset, from);
    }

    @Override
    public boolean holdsMemory() {
      return false;
    }

    @Override
    public void grow(long size) {}

    @Override
    public void close() {}
  }

  /** An engine that is let have so many threads. */
  private WorkerEngine engine(int threads) {
    return new WorkerEngine(
        "scarce",
        new Slow(),
        (thread, carryOut) -> {
          if (asked.getAndIncrement() >= threads) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          return new Worker(thread, () -> {}, carryOut);
        });
  }

  private static TestRequest read() {
    TestRequest request = new TestRequest();
    request.read(0, Memory.room(512));
    return request;
  }

  @Test
  void withoutAnyThread_requestsFail() {
    WorkerEngine engine = engine(0);
    for (int i = 0; i < 10; i++) {
      TestRequest request = read();
      engine.submit(request);
      assertThat(request.completions()).isEqualTo(1);
      assertThat(request.await()).isEqualTo(Errno.EIO);
    }
    assertThat(asked).as("not again within a second").hasValue(1);
    assertThat(engine.close(30_000)).isTrue();
  }

  @Test
  void thoseThatThereAre_doItAll() {
    WorkerEngine engine = engine(2);
    List<TestRequest> requests = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      requests.add(read());
      engine.submit(requests.getLast());
    }
    assertThat(requests).allMatch(request -> request.completions() == 0);
    go.release(10);
    requests.forEach(request -> assertThat(request.await()).isZero());
    assertThat(requests).allMatch(request -> request.completions() == 1);
    assertThat(engine.close(30_000)).isTrue();
  }
}
