package org.kvmzone.bridge.control;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What is held on behalf of one client, and given up when it goes, however it goes. */
final class Belongings {
  private final Map<String, AutoCloseable> things = new LinkedHashMap<>();
  private boolean closed;

  /** Holds a thing; if the client is gone already, the thing is closed at once. */
  void keep(String name, AutoCloseable thing) {
    synchronized (this) {
      if (!closed) {
        things.put(name, thing);
        return;
      }
    }
    close(thing);
  }

  synchronized <T> Optional<T> kept(String name, Class<T> type) {
    return Optional.ofNullable(things.get(name)).filter(type::isInstance).map(type::cast);
  }

  boolean release(String name) {
    AutoCloseable thing;
    synchronized (this) {
      thing = things.remove(name);
    }
    if (thing == null) {
      return false;
    }
    close(thing);
    return true;
  }

  synchronized boolean isEmpty() {
    return things.isEmpty();
  }

  void close() {
    Map<String, AutoCloseable> last;
    synchronized (this) {
      closed = true;
      last = Map.copyOf(things);
      things.clear();
    }
    last.values().forEach(Belongings::close);
  }

  private static void close(AutoCloseable thing) {
    try {
      thing.close();
    } catch (Exception e) {
      System.getLogger(Belongings.class.getName())
          .log(System.Logger.Level.WARNING, "cannot give up what a control client held", e);
    }
  }
}
