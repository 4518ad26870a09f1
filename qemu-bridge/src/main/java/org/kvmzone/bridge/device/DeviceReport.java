package org.kvmzone.bridge.device;

import java.util.Map;

/**
 * What a device says of itself.
 *
 * @param kind the first word of its SPEC: {@code vnic}, {@code zvol}
 * @param properties settings and facts by name, in the operator's words, in printing order
 * @param counters counts by kstat name, in printing order
 * @param parts what of it is counted on its own, by name: a VNIC's flows
 */
public record DeviceReport(
    String kind,
    Map<String, String> properties,
    Map<String, Long> counters,
    Map<String, DeviceReport> parts) {
  /** Of what has no parts. */
  public DeviceReport(String kind, Map<String, String> properties, Map<String, Long> counters) {
    this(kind, properties, counters, Map.of());
  }
}
