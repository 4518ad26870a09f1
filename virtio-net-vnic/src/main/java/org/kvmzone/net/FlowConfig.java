package org.kvmzone.net;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.kvmzone.bridge.probe.Nearest;

/**
 * A flow of a VNIC, as flowadm adds one: some of its frames, which are counted, may be limited, and
 * may wait for a link in another line than the VNIC's other frames.
 *
 * @param name what it is called
 * @param match which frames
 * @param maxbw how much may pass in each direction; 0 blocks them
 * @param priority of those that the guest sends, beside its others, when an etherstub's uplink is
 *     behind: see {@link PortLines}; the VNIC's, if nothing is said. To frames that go to the
 *     guest, or by another way, it is of no meaning
 */
record FlowConfig(
    String name, FlowMatch match, Optional<Bandwidth> maxbw, Optional<Priority> priority) {
  /** The most flows of one VNIC: every frame may have to be compared with all of them. */
  static final int MAX_FLOWS = 32;

  private static final String MAXBW = "maxbw";
  private static final String PRIORITY = "priority";
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,30}");

  FlowConfig {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "flow " + name + ": a name is a letter, then up to 30 of letters, digits, _");
    }
  }

  /**
   * Reads a flow: {@code transport=tcp,remote_port=25,maxbw=10,priority=low}.
   *
   * @throws IllegalArgumentException in one line that names it, if it is none
   */
  static FlowConfig parse(String name, String text) {
    try {
      Map<String, String> attributes = attributes(text);
      Optional<Bandwidth> maxbw = Optional.ofNullable(attributes.get(MAXBW)).map(Bandwidth::parse);
      Optional<Priority> priority =
          Optional.ofNullable(attributes.get(PRIORITY)).map(Priority::parse);
      return new FlowConfig(name, FlowMatch.of(attributes), maxbw, priority);
    } catch (IllegalArgumentException e) {
      String message = "" + e.getMessage();
      String label = "flow " + name;
      throw new IllegalArgumentException(
          message.startsWith(label) ? message : label + ": " + message, e);
    }
  }

  private static Map<String, String> attributes(String text) {
    List<String> known = new ArrayList<>(FlowMatch.NAMES);
    known.add(MAXBW);
    known.add(PRIORITY);
    Map<String, String> attributes = new LinkedHashMap<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? part : part.substring(0, equals);
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "no such attribute: " + name + Nearest.hint(name, known));
      }
      if (equals < 0 || equals + 1 == part.length()) {
        throw new IllegalArgumentException(name + " says nothing: write " + name + "=VALUE");
      }
      if (attributes.put(name, part.substring(equals + 1)) != null) {
        throw new IllegalArgumentException(name + " is given twice");
      }
    }
    return attributes;
  }

  /** The attributes and properties by their names, in their order. */
  Map<String, String> attributes() {
    Map<String, String> attributes = match.attributes();
    maxbw.ifPresent(most -> attributes.put(MAXBW, most.toString()));
    priority.ifPresent(own -> attributes.put(PRIORITY, own.toString()));
    return attributes;
  }

  /** As it is parsed, without its name. */
  String text() {
    return attributes().entrySet().stream()
        .map(each -> each.getKey() + "=" + each.getValue())
        .collect(Collectors.joining(","));
  }
}
