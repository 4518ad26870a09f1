package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;

/** Which of the sources behind a relay wakes a loop. */
class RelayTest {
  private final Spring first = new Spring();
  private final Spring second = new Spring();
  private final Relay relay = new Relay(first);
  private final QueueLoop loop = new QueueLoop("relayed", 0, death -> {});

  @BeforeEach
  void start() {
    loop.add(relay);
    loop.start();
  }

  @AfterEach
  void close() {
    loop.close();
    first.event.close();
    second.event.close();
  }

  /** Is asked when its descriptor is signalled, and has work without end if it shall. */
  private static final class Spring implements EventSource {
    final Fd event = Fd.event();
    final Semaphore asked = new Semaphore(0);
    volatile boolean flows;

    @Override
    public int fd() {
      return event.number();
    }

    @Override
    public int poll(int budget) {
      asked.release();
      return flows ? 1 : 0;
    }

    /** Waits until the thread has gone to sleep. */
    void quiet() throws InterruptedException {
      do {
        asked.drainPermits();
      } while (asked.tryAcquire(50, TimeUnit.MILLISECONDS));
    }

    void awaitAskedWhenSignalled() throws InterruptedException {
      quiet();
      SysEventfd.signal(event.number());
      assertThat(asked.tryAcquire(20, TimeUnit.SECONDS)).as("asked").isTrue();
    }

    void assertNotAskedWhenSignalled() throws InterruptedException {
      quiet();
      SysEventfd.signal(event.number());
      assertThat(asked.tryAcquire(100, TimeUnit.MILLISECONDS)).as("asked").isFalse();
    }
  }

  @Test
  void whatIsBehindIt_wakesTheLoop() throws InterruptedException {
    first.awaitAskedWhenSignalled();
    first.awaitAskedWhenSignalled();
    second.assertNotAskedWhenSignalled();
  }

  @Test
  void whatIsBehindItNow_wakesTheLoopAndTheOneBeforeDoesNot() throws InterruptedException {
    first.quiet();
    relay.become(second);
    second.awaitAskedWhenSignalled();
    second.quiet();
    first.assertNotAskedWhenSignalled();
    assertThat(second.asked.availablePermits()).as("of the other, by the first").isZero();
  }

  /** While the thread has much to do, nothing behind the relay is waited for. */
  @Test
  void whatIsBehindItSinceTheThreadWasBusy_wakesTheLoop() throws InterruptedException {
    first.flows = true;
    SysEventfd.signal(first.event.number());
    assertThat(first.asked.tryAcquire(10_000, 20, TimeUnit.SECONDS)).isTrue();
    relay.become(second);
    second.awaitAskedWhenSignalled();
    second.awaitAskedWhenSignalled();
    first.assertNotAskedWhenSignalled();
  }
}
