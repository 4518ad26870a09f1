package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a guest's NIC and its driver have to agree on, for all sides the same: who computes
 * checksums, who segments, and how the rings are, virtio 1.3 §5.1.3 and §6.
 */
final class GuestFeatures {
  private static final Map<Integer, String> NAMES = new LinkedHashMap<>();

  /** Those of {@link #NAMES} that both sides have; all others neither has. */
  private static final List<String> WANTED =
      List.of(
          "CSUM",
          "GUEST_CSUM",
          "GUEST_TSO4",
          "GUEST_TSO6",
          "GUEST_ECN",
          "HOST_TSO4",
          "HOST_TSO6",
          "HOST_ECN",
          "MRG_RXBUF",
          "INDIRECT_DESC",
          "EVENT_IDX");

  static {
    NAMES.put(0, "CSUM");
    NAMES.put(1, "GUEST_CSUM");
    NAMES.put(7, "GUEST_TSO4");
    NAMES.put(8, "GUEST_TSO6");
    NAMES.put(9, "GUEST_ECN");
    NAMES.put(10, "GUEST_UFO");
    NAMES.put(11, "HOST_TSO4");
    NAMES.put(12, "HOST_TSO6");
    NAMES.put(13, "HOST_ECN");
    NAMES.put(14, "HOST_UFO");
    NAMES.put(15, "MRG_RXBUF");
    NAMES.put(22, "MQ");
    NAMES.put(28, "INDIRECT_DESC");
    NAMES.put(29, "EVENT_IDX");
    NAMES.put(34, "RING_PACKED");
    NAMES.put(54, "GUEST_USO4");
    NAMES.put(55, "GUEST_USO6");
    NAMES.put(56, "HOST_USO");
  }

  private GuestFeatures() {}

  /** The names of those that they have agreed on. */
  static String agreed(String bits) {
    return NAMES.entrySet().stream()
        .filter(each -> bits.charAt(each.getKey()) == '1')
        .map(Map.Entry::getValue)
        .collect(Collectors.joining(", "));
  }

  /**
   * Checks them.
   *
   * @param bits as Linux shows them in {@code /sys/class/net/…/device/features}, from 0 up
   * @throws IOException if any is not as it should be, and so the sides would not be comparable
   */
  static void check(String bits) throws IOException {
    List<String> others = new ArrayList<>();
    NAMES.forEach((bit, name) -> {
      boolean on = bits.charAt(bit) == '1';
      if (on != WANTED.contains(name)) {
        others.add(name + (on ? " on" : " off"));
      }
    });
    if (!others.isEmpty()) {
      throw new IOException(
          "the guest's NIC is not as on other sides: " + String.join(", ", others));
    }
  }
}
