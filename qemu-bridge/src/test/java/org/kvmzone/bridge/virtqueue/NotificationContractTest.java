package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** Kicks and interrupts: none that is needed is left out, few that are not needed are made. */
abstract class NotificationContractTest extends RingFixture {
  private static final int ROUNDS = 100_000;

  /** A wake-up that takes longer than this was lost; nothing is measured. */
  private static final long LOST_SECONDS = 20;

  private final Chain chain = new Chain();

  private static boolean serve(Ends ends, Chain chain) {
    boolean any = false;
    while (ends.queue().pop(chain)) {
      ends.queue().push(chain, 0);
      any = true;
    }
    ends.queue().publish();
    return any;
  }

  private Piece piece() {
    return new Piece(ram.region().guestAddress(), 16, true);
  }

  @ParameterizedTest
  @ValueSource(longs = {NO_FEATURES, EVENTS})
  void interruptWanted_withoutAnythingPublished_isFalse(long features) {
    Ends ends = ring(8, features);
    assertThat(ends.driver().mayWait()).isTrue();
    ends.queue().publish();
    assertThat(ends.queue().interruptWanted()).isFalse();
    ends.driver().add(piece());
    assertThat(serve(ends, chain)).isTrue();
    assertThat(ends.queue().interruptWanted()).isTrue();
    assertThat(ends.queue().interruptWanted()).as("asked again").isFalse();
  }

  @ParameterizedTest
  @ValueSource(longs = {NO_FEATURES, EVENTS})
  void interruptWanted_isFalseForADriverThatWantsNone(long features) {
    Ends ends = ring(8, features);
    ends.driver().wantsNoInterrupts();
    ends.driver().add(piece());
    serve(ends, chain);
    assertThat(ends.queue().interruptWanted()).isFalse();
    assertThat(ends.driver().nextUsed()).isPresent();
    assertThat(ends.driver().mayWait()).isTrue();
    ends.driver().add(piece());
    serve(ends, chain);
    assertThat(ends.queue().interruptWanted()).isTrue();
  }

  @Test
  void interruptWanted_withEvents_isOnceForWhatTheDriverWaitsFor() {
    Ends ends = ring(8, EVENTS);
    assertThat(ends.driver().mayWait()).isTrue();
    for (int i = 0; i < 5; i++) {
      ends.driver().add(piece());
      serve(ends, chain);
      assertThat(ends.queue().interruptWanted()).as("number %d", i).isEqualTo(i == 0);
    }
    for (int i = 0; i < 5; i++) {
      assertThat(ends.driver().nextUsed()).isPresent();
    }
    assertThat(ends.driver().mayWait()).isTrue();
    ends.driver().add(piece());
    ends.driver().add(piece());
    serve(ends, chain);
    assertThat(ends.queue().interruptWanted()).as("a batch beyond the event").isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {NO_FEATURES, EVENTS})
  void armKicks_asksForAKickForTheNextChain(long features) {
    Ends ends = ring(8, features);
    assertThat(ends.queue().armKicks()).isTrue();
    ends.driver().add(piece());
    assertThat(ends.driver().kickNeeded()).isTrue();
    assertThat(ends.queue().armKicks()).as("nothing to do").isFalse();
    assertThat(serve(ends, chain)).isTrue();
    assertThat(ends.queue().armKicks()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {NO_FEATURES, EVENTS})
  void disarmKicks_endsKicks(long features) {
    Ends ends = ring(8, features);
    assertThat(ends.queue().armKicks()).isTrue();
    ends.queue().disarmKicks();
    ends.driver().add(piece());
    ends.driver().kickNeeded(); // with events the first may still be asked for
    ends.driver().add(piece());
    assertThat(ends.driver().kickNeeded()).isFalse();
    assertThat(ends.queue().armKicks()).isFalse();
    serve(ends, chain);
    assertThat(ends.queue().armKicks()).isTrue();
    ends.driver().add(piece());
    assertThat(ends.driver().kickNeeded()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {NO_FEATURES, EVENTS})
  void wishes_holdWhenTheIndicesWrap(long features) {
    Ends ends = ring(4, features);
    for (int i = 0; i < 0x1_0000 + 100; i++) {
      assertThat(ends.queue().armKicks()).isTrue();
      assertThat(ends.driver().mayWait()).isTrue();
      ends.driver().add(piece());
      assertThat(ends.driver().kickNeeded()).as("kick %d", i).isTrue();
      serve(ends, chain);
      assertThat(ends.queue().interruptWanted()).as("interrupt %d", i).isTrue();
      assertThat(ends.driver().nextUsed()).isPresent();
    }
  }

  /**
   * A driver and a device that both sleep whenever they may. Every sleep ends by a kick or an
   * interrupt that the other side thought was wanted: one that is left out leaves both asleep.
   */
  @ParameterizedTest
  @ValueSource(longs = {NO_FEATURES, EVENTS})
  @Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = SEPARATE_THREAD)
  void twoThreadsThatSleepWhenTheyMay_areAlwaysWoken(long features) throws Exception {
    Ends ends = ring(4, features);
    Semaphore kick = new Semaphore(0);
    Semaphore interrupt = new Semaphore(0);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread device =
        new Thread(
            () -> {
              try {
                device(ends, kick, interrupt);
              } catch (Throwable thrown) {
                failure.set(thrown);
                interrupt.release(2 * ROUNDS);
              }
            },
            "device");
    device.setDaemon(true);
    device.start();
    try {
      driver(ends, kick, interrupt);
    } finally {
      device.join(TimeUnit.SECONDS.toMillis(2 * LOST_SECONDS));
    }
    assertThat(failure.get()).isNull();
    assertThat(device.isAlive()).isFalse();
  }

  private void driver(Ends ends, Semaphore kick, Semaphore interrupt) throws InterruptedException {
    int back = 0;
    for (int made = 0; back < ROUNDS; ) {
      // One, two or three at a time: the events of both sides move in different steps.
      for (int batch = made % 3; batch >= 0 && made < ROUNDS && ends.driver().free() > 0; batch--) {
        ends.driver().add(piece());
        made++;
      }
      if (ends.driver().kickNeeded()) {
        kick.release();
      }
      int before = back;
      for (; ends.driver().nextUsed().isPresent(); back++) {}
      if (back == before && ends.driver().mayWait()) {
        assertThat(interrupt.tryAcquire(LOST_SECONDS, TimeUnit.SECONDS))
            .as("an interrupt after %d of %d chains", back, made)
            .isTrue();
        interrupt.drainPermits(); // as an eventfd, or an interrupt line, forgets how many
        ends.driver().wantsNoInterrupts();
      }
    }
  }

  private void device(Ends ends, Semaphore kick, Semaphore interrupt) throws InterruptedException {
    for (int served = 0; served < ROUNDS; ) {
      ends.queue().disarmKicks();
      while (ends.queue().pop(chain)) {
        ends.queue().push(chain, 0);
        served++;
      }
      ends.queue().publish();
      if (ends.queue().interruptWanted()) {
        interrupt.release();
      }
      if (served < ROUNDS && ends.queue().armKicks()) {
        assertThat(kick.tryAcquire(LOST_SECONDS, TimeUnit.SECONDS))
            .as("a kick after %d chains", served)
            .isTrue();
        kick.drainPermits();
      }
    }
  }
}
