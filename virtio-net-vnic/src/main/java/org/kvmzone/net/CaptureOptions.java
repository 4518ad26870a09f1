package org.kvmzone.net;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.probe.Nearest;
import org.kvmzone.packet.capture.BpfProgram;

/**
 * What of a NIC's frames is recorded.
 *
 * @param snaplen bytes of each frame at most
 * @param in frames to the guest
 * @param out frames from the guest
 * @param dropped those alone that were dropped
 * @param filter chooses among the rest
 * @param expression what the filter was compiled from, for whoever reads the file
 */
record CaptureOptions(
    int snaplen,
    boolean in,
    boolean out,
    boolean dropped,
    Optional<BpfProgram> filter,
    Optional<String> expression) {
  /** As much as tcpdump records by default: all of any frame. */
  static final int MOST = 262_144;

  private static final int LONGEST_EXPRESSION = 1024;
  private static final Set<String> NAMES =
      Set.of("snaplen", "direction", "dropped", "filter", "expression");

  /**
   * Reads options as they come from a control client.
   *
   * @throws SpecException with one line, if one of them is none, or not right
   */
  static CaptureOptions parse(Map<String, String> options) {
    for (String name : new TreeSet<>(options.keySet())) {
      if (!NAMES.contains(name)) {
        throw new SpecException(
            "a capture has no option '" + name + "'" + Nearest.hint(name, NAMES));
      }
    }
    String direction = options.getOrDefault("direction", "both");
    if (!Set.of("in", "out", "both").contains(direction)) {
      throw new SpecException("direction=" + direction + ": must be in, out or both");
    }
    String dropped = options.getOrDefault("dropped", "off");
    if (!Set.of("on", "off").contains(dropped)) {
      throw new SpecException("dropped=" + dropped + ": must be on or off");
    }
    String expression = options.getOrDefault("expression", "");
    return new CaptureOptions(
        snaplen(options.getOrDefault("snaplen", "0")),
        !direction.equals("out"),
        !direction.equals("in"),
        dropped.equals("on"),
        Optional.ofNullable(options.get("filter")).map(CaptureOptions::program),
        expression.isEmpty() || expression.length() > LONGEST_EXPRESSION
            ? Optional.empty()
            : Optional.of(expression));
  }

  private static int snaplen(String text) {
    if (!text.matches("[0-9]{1,6}") || Integer.parseInt(text) > MOST) {
      throw new SpecException("snaplen=" + text + ": must be 1 to " + MOST + ", or 0 for all");
    }
    int snaplen = Integer.parseInt(text);
    return snaplen == 0 ? MOST : snaplen;
  }

  private static BpfProgram program(String text) {
    try {
      return BpfProgram.parse(text);
    } catch (IllegalArgumentException e) {
      throw new SpecException("filter: " + e.getMessage(), e);
    }
  }
}
