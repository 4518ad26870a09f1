package org.kvmzone.bridge.probe;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** All probes defined so far. A probe is defined when the class that fires it is initialised. */
public final class Probes {
  private static final ConcurrentSkipListMap<String, Probe> ALL = new ConcurrentSkipListMap<>();

  private Probes() {}

  static void add(Probe probe) {
    if (ALL.putIfAbsent(probe.toString(), probe) != null) {
      throw new IllegalArgumentException("probe " + probe + " is defined twice");
    }
  }

  /** Every probe, in the order of {@code provider:name}. */
  public static List<Probe> all() {
    return List.copyOf(ALL.values());
  }

  /** The probe of that name, written {@code provider:name}. */
  public static Optional<Probe> find(String name) {
    return Optional.ofNullable(ALL.get(name));
  }
}
