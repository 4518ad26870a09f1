package org.kvmzone.bridge.probe;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/** The watchers of one probe at one moment: immutable, replaced as a whole. */
final class Fan {
  private static final Logger LOG = System.getLogger(Fan.class.getName());

  private final Probe probe;
  private final Watcher[] watchers;

  Fan(Probe probe, List<Watcher> watchers) {
    this.probe = probe;
    this.watchers = watchers.toArray(Watcher[]::new);
  }

  boolean isEmpty() {
    return watchers.length == 0;
  }

  Fan with(Watcher watcher) {
    List<Watcher> more = new ArrayList<>(List.of(watchers));
    more.add(watcher);
    return new Fan(probe, more);
  }

  @SuppressWarnings("ReferenceEquality") // a watcher that equals another is still another
  Fan without(Watcher watcher) {
    List<Watcher> fewer = new ArrayList<>(List.of(watchers));
    fewer.removeIf(each -> each == watcher);
    return new Fan(probe, fewer);
  }

  /**
   * Hands a firing to everybody. With assertions on, a firing whose numbers of strings and longs
   * are not those of the definition is an error; otherwise it is ignored, as its arguments would be
   * taken for others.
   */
  void fire(int shape, String s0, String s1, String s2, long n0, long n1, long n2, long n3) {
    if (shape != probe.shape()) {
      assert false : probe + " fired with " + Probe.describe(shape);
      return;
    }
    if (UnwatchedThread.isCurrent()) {
      return;
    }
    for (Watcher watcher : watchers) {
      try {
        watcher.fired(s0, s1, s2, n0, n1, n2, n3);
      } catch (RuntimeException e) {
        // A fault of whoever looks must not become a fault of the guest's device.
        probe.unwatch(watcher);
        LOG.log(Level.WARNING, "a watcher of probe " + probe + " failed and was removed", e);
      }
    }
  }
}
