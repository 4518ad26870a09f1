package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.testing.Await;

/** When a loop's sources wake it, and when they need not. */
class LoopSourcesTest extends LoopFixture {
  private static final int ROUNDS = 2000;

  /** More turns with work than a thread bears being told of what comes. */
  private static final int MUCH = 300;

  private final Feed feed = new Feed();
  private final Feed other = new Feed();
  private QueueLoop loop;

  @BeforeEach
  void start() {
    loop = loop(0);
    loop.add(feed);
  }

  @AfterEach
  void remove() {
    for (Feed its : List.of(feed, other)) {
      loop.remove(its);
      its.event.close();
    }
  }

  /** Work that the thread finds at its descriptor, a piece in each turn. */
  private static final class Feed implements EventSource {
    final Fd event = Fd.event();
    final AtomicInteger left = new AtomicInteger();
    final Semaphore done = new Semaphore(0);
    final AtomicInteger watched = new AtomicInteger();
    volatile boolean unwatchable;
    volatile boolean endless;

    void give(int pieces) {
      left.addAndGet(pieces);
      SysEventfd.signal(event.number());
    }

    void awaitDone(int pieces) throws InterruptedException {
      assertThat(done.tryAcquire(pieces, NEVER_SECONDS, TimeUnit.SECONDS))
          .as("%d pieces of work done", pieces)
          .isTrue();
    }

    /** Until it is waited for, or no more; by whoever keeps the thread going. */
    void awaitWatched(boolean wanted) {
      Await.until("watched: " + wanted, () -> watched.get() == (wanted ? 1 : 0));
    }

    @Override
    public int fd() {
      return event.number();
    }

    @Override
    public int poll(int budget) {
      if (endless) {
        return 1;
      }
      if (left.get() == 0) {
        return 0;
      }
      left.decrementAndGet();
      done.release();
      return 1;
    }

    @Override
    public void watch(Epoll epoll) {
      if (unwatchable) {
        throw new IllegalStateException("no room for one more");
      }
      EventSource.super.watch(epoll);
      watched.incrementAndGet();
    }

    @Override
    public void unwatch(Epoll epoll) {
      EventSource.super.unwatch(epoll);
      watched.set(0);
    }
  }

  @Test
  void aThreadWithLittleToDo_isToldOfWhatComes() throws InterruptedException {
    for (int i = 0; i < MUCH; i++) {
      feed.give(1);
      feed.awaitDone(1);
      assertThat(feed.watched).hasValue(1);
    }
  }

  @Test
  void aThreadWithMuchToDo_isNotToldUntilItHasNone() throws InterruptedException {
    feed.endless = true;
    feed.give(0);
    feed.awaitWatched(false);
    feed.endless = false;
    feed.awaitWatched(true);
    feed.give(1);
    feed.awaitDone(1);
  }

  /** Comes at any moment of the way from work to sleep. */
  @Test
  void whatComesWhileTheThreadBeginsToListen_isNotLost() throws InterruptedException {
    for (int i = 0; i < ROUNDS; i++) {
      feed.give(MUCH);
      feed.awaitDone(MUCH);
      for (int spin = i % 100; spin > 0; spin--) {
        Thread.onSpinWait();
      }
      feed.give(1);
      feed.awaitDone(1);
    }
  }

  @Test
  void aSourceThatIsAddedMeanwhile_wakesTheThreadAsTheOthersDo() throws InterruptedException {
    feed.endless = true;
    feed.give(0);
    feed.awaitWatched(false);
    loop.add(other);
    other.give(1);
    other.awaitDone(1);
    feed.awaitWatched(false);
    other.awaitWatched(false);
    feed.endless = false;
    for (Feed its : List.of(feed, other)) {
      its.awaitWatched(true);
      its.give(1);
      its.awaitDone(1);
    }
  }

  @Test
  void aSourceThatIsRemovedMeanwhile_isWaitedForNoMore() throws InterruptedException {
    loop.add(other);
    feed.endless = true;
    feed.give(0);
    other.awaitWatched(false);
    loop.remove(other);
    feed.endless = false;
    feed.awaitWatched(true);
    assertThat(other.watched).hasValue(0);
  }

  @Test
  void aSourceThatCannotBeWaitedForAgain_leavesTheOthersAlone() throws InterruptedException {
    loop.add(other);
    feed.endless = true;
    feed.give(0);
    other.awaitWatched(false);
    feed.unwatchable = true;
    feed.endless = false;
    other.awaitWatched(true);
    feed.left.set(1);
    other.give(1);
    other.awaitDone(1);
    other.give(1);
    other.awaitDone(1);
    assertThat(feed.left).as("of a source that could be slept through").hasValue(1);
  }

  @Test
  void aLoopThatIsClosed_waitsForNothing() {
    loop.close();
    assertThat(feed.watched).hasValue(0);
  }
}
