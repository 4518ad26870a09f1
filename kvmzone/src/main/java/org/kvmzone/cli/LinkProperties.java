package org.kvmzone.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.kvmzone.bridge.probe.Nearest;
import org.kvmzone.cli.Links.Link;

/** dladm's link properties, and what they are in a SPEC. */
final class LinkProperties {
  /** All, in the order in which they are printed. */
  static final List<String> NAMES =
      List.of(
          "maxbw",
          "priority",
          "mtu",
          "protection",
          "allowed-ips",
          "allowed-dhcp-cids",
          "promisc-filtered",
          "cpus");

  /** Those that can be set. */
  private static final List<String> SETTABLE = NAMES.subList(0, NAMES.size() - 1);

  private static final List<String> RULES =
      List.of("mac-nospoof", "restricted", "ip-nospoof", "dhcp-nospoof");
  private static final List<String> LISTS = List.of("allowed-ips", "allowed-dhcp-cids");
  private static final String NONE = "none";

  /** Of this process, which is none of those that have VNICs. */
  private static final Pattern DESCRIPTOR = Pattern.compile("fd(\\..*)?");

  /** What dladm prints for what has no value. */
  private static final String NO_VALUE = "--";

  private LinkProperties() {}

  /**
   * Checks a name.
   *
   * @throws Failure naming the nearest
   */
  static String known(String name) {
    return known(name, NAMES);
  }

  private static String known(String name, List<String> names) {
    if (!names.contains(name)) {
      throw Failure.usage(
          "-p "
              + name
              + (NAMES.contains(name) ? ": cannot be set" : ": no such property")
              + Nearest.hint(name, names)
              + " (there are: "
              + String.join(", ", names)
              + ")");
    }
    return name;
  }

  /**
   * Reads {@code maxbw=100,allowed-ips=10.0.0.1,10.0.0.2}: what has no name goes on with the list
   * before it.
   */
  static Map<String, List<String>> parse(String text) {
    Map<String, List<String>> properties = new LinkedHashMap<>();
    List<String> values = List.of();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        values = new ArrayList<>();
        if (properties.put(part.substring(0, equals), values) != null) {
          throw Failure.usage("-p " + part.substring(0, equals) + ": given twice");
        }
      } else if (properties.isEmpty() || part.isEmpty()) {
        throw Failure.usage("-p " + text + ": write PROPERTY=VALUE, as in maxbw=100");
      }
      values.add(part.substring(equals + 1));
    }
    return properties;
  }

  /** What to change in a SPEC so that these properties hold; an empty value takes one out. */
  static Map<String, String> changes(Map<String, List<String>> properties) {
    Map<String, String> changes = new LinkedHashMap<>();
    properties.forEach((name, values) -> change(known(name, SETTABLE), values, changes));
    return changes;
  }

  /**
   * What a SPEC says of a VNIC that is made with these properties: of this list, or of a SPEC.
   *
   * @throws Failure if one has several values that is no list
   */
  static Map<String, String> ofNew(Map<String, List<String>> properties) {
    Map<String, String> values = new LinkedHashMap<>();
    properties.forEach((name, given) -> {
      if (SETTABLE.contains(name)) {
        change(name, given, values);
      } else if (given.size() > 1) {
        throw Failure.usage("-p " + name + ": has one value");
      } else if (name.equals("id") || DESCRIPTOR.matcher(name).matches()) {
        throw Failure.usage("-p " + name + ": cannot be given to what is made elsewhere");
      } else {
        values.put(name, given.getFirst());
      }
    });
    values.values().removeIf(String::isEmpty); // none is what it is anyhow
    return values;
  }

  private static void change(String name, List<String> values, Map<String, String> changes) {
    List<String> given = values.equals(List.of(NONE)) ? List.of() : values;
    if (LISTS.contains(name)) {
      if (given.isEmpty()) {
        changes.put(name, "");
      }
      for (int i = 0; i < given.size(); i++) {
        changes.put(name + "." + i, value(name, given.get(i)));
      }
    } else if (name.equals("protection")) {
      given.stream()
          .filter(rule -> !RULES.contains(rule))
          .forEach(rule -> {
            throw Failure.usage(
                "-p protection="
                    + rule
                    + ": no such rule"
                    + Nearest.hint(rule, RULES)
                    + " (there are: "
                    + String.join(", ", RULES)
                    + ", or none)");
          });
      RULES.forEach(rule -> changes.put(rule, given.contains(rule) ? "on" : "off"));
    } else if (values.size() > 1) {
      throw Failure.usage("-p " + name + ": has one value");
    } else if (name.equals("promisc-filtered")) {
      changes.put("promisc", filtered(values.getFirst()));
    } else if (name.equals("maxbw") && given.isEmpty()) {
      changes.put(name, "");
    } else {
      changes.put(name, value(name, values.getFirst()));
    }
  }

  private static String value(String name, String value) {
    if (value.isEmpty()) {
      throw Failure.usage("-p " + name + "=: what? kvmzone vnic reset takes a setting back");
    }
    return value;
  }

  /** A VNIC whose promiscuous mode is filtered receives nothing for others. */
  private static String filtered(String text) {
    return switch (text) {
      case "on" -> "off";
      case "off" -> "on";
      default -> throw Failure.usage("-p promisc-filtered=" + text + ": must be on or off");
    };
  }

  /** The properties of a SPEC that one of these is made of. */
  static List<String> inSpec(String name) {
    return switch (known(name, SETTABLE)) {
      case "protection" -> RULES;
      case "promisc-filtered" -> List.of("promisc");
      default -> List.of(name);
    };
  }

  /** What holds of a VNIC. */
  static String value(Link link, String name) {
    return name.equals("promisc-filtered")
        ? filtered(link.property("promisc", "off"))
        : link.property(name, NO_VALUE);
  }

  /** What a property can be. */
  static String possible(String name) {
    return switch (name) {
      case "maxbw" -> "10K-1000G";
      case "priority" -> "high,medium,low";
      case "mtu" -> "576-9000";
      case "protection" -> String.join(",", RULES);
      case "promisc-filtered" -> "on,off";
      default -> NO_VALUE;
    };
  }

  /** What holds unless something is said. */
  static String byDefault(String name) {
    return switch (name) {
      case "priority" -> "high";
      case "mtu" -> "1500";
      case "protection" -> String.join(",", RULES);
      case "promisc-filtered" -> "on";
      default -> NO_VALUE;
    };
  }
}
