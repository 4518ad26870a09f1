package org.kvmzone.bridge.device;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;

/**
 * The sources of a loop. Its thread looks at all of them in each turn, and has to be told what
 * comes only before it sleeps. The kernel's telling costs somebody time with each frame, for
 * nothing while the thread does not sleep; so after many turns with work it is asked not to.
 */
final class LoopSources {
  private static final Logger LOG = System.getLogger(LoopSources.class.getName());

  /** Turns that find work before the kernel is told to be quiet: asking it is a call a source. */
  private static final int MANY = 256;

  private final Epoll epoll;
  private volatile EventSource[] sources = {};
  private volatile boolean watching = true; // the kernel tells; set under the lock
  private EventSource[] polled = sources; // in the last turn; the thread's
  private int worked; // turns since the thread slept; the thread's

  LoopSources(Epoll epoll) {
    this.epoll = epoll;
  }

  /**
   * Adds a source; from any thread.
   *
   * @throws org.kvmzone.bridge.ffi.NativeException if its descriptor cannot be waited for
   */
  synchronized void add(EventSource source) {
    watchAll();
    source.watch(epoll);
    EventSource[] more = Arrays.copyOf(sources, sources.length + 1);
    more[sources.length] = source;
    sources = more;
  }

  /** Removes a source, from any thread; the loop's may be in it for the rest of this turn. */
  @SuppressWarnings("ReferenceEquality") // this one, not one like it
  synchronized void remove(EventSource source) {
    source.unwatch(epoll);
    sources = Arrays.stream(sources).filter(s -> s != source).toArray(EventSource[]::new);
  }

  /** Removes all; nobody waits for them any more. */
  synchronized void clear() {
    for (EventSource source : sources) {
      remove(source);
    }
  }

  /** A turn of all of them, by the thread; one that fails is not asked again. */
  int poll(int budget) {
    int work = 0;
    polled = sources;
    for (EventSource source : polled) {
      try {
        work += source.poll(budget);
      } catch (Throwable thrown) {
        giveUp(source, "failed", thrown);
      }
    }
    return work;
  }

  /** Whether there is one that the last turn has not looked at; by the thread. */
  @SuppressWarnings("ReferenceEquality") // whether it was replaced
  boolean hasNew() {
    return polled != sources;
  }

  /** A turn has found work; by the thread. */
  void worked() {
    if (++worked >= MANY && watching) {
      unwatchAll();
    }
  }

  /**
   * Before the thread sleeps: has the kernel tell what comes.
   *
   * @return whether it did not tell until now: then one more look at the sources is due
   */
  boolean listen() {
    worked = 0;
    if (watching) {
      return false;
    }
    watchAll();
    epoll.await(0); // what is ready now is found by looking, and shall not end the sleep
    return true;
  }

  private synchronized void watchAll() {
    if (watching) {
      return;
    }
    watching = true;
    for (EventSource source : sources) {
      try {
        source.watch(epoll);
      } catch (RuntimeException e) {
        giveUp(source, "cannot be waited for", e);
      }
    }
  }

  private synchronized void unwatchAll() {
    watching = false;
    for (EventSource source : sources) {
      source.unwatch(epoll);
    }
  }

  private void giveUp(EventSource source, String what, Throwable why) {
    LOG.log(Level.ERROR, "source " + source + " " + what + ", and is not polled any more", why);
    remove(source);
  }
}
