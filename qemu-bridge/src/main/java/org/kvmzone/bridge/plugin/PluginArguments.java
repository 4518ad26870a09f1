package org.kvmzone.bridge.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.control.StderrLoggerFinder;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.probe.Nearest;

/**
 * What the operator wrote behind {@code -plugin libqemu-bridge.so,}: all but what the C half keeps.
 *
 * @param name what the other commands call this guest
 * @param devices in the order in which they were given
 * @param watches expressions, to be read when the devices have defined their probes
 * @param logLevel from which level on events are written
 */
record PluginArguments(
    String name, List<Spec> devices, List<String> watches, System.Logger.Level logLevel) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");

  private static final String DOUBLED =
      " (commas inside a SPEC are doubled: disk=zvol,,id=disk0,,path=…)";

  /** All names of arguments, with those that the C half has taken. */
  private static final List<String> KNOWN =
      List.of("name", "net", "disk", "watch", "log-level", "jvm", "classpath", "jvmopts", "debug");

  /**
   * Reads arguments.
   *
   * @param arguments each {@code name=value}, as QEMU passes them
   * @param nameByDefault the guest's name if none is given
   * @throws SpecException if one is unknown, or wrong
   */
  static PluginArguments parse(List<String> arguments, String nameByDefault) {
    String name = nameByDefault;
    List<Spec> devices = new ArrayList<>();
    List<String> watches = new ArrayList<>();
    System.Logger.Level logLevel = System.Logger.Level.INFO;
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      String key = equals < 0 ? argument : argument.substring(0, equals);
      String value = argument.substring(equals + 1);
      switch (key) {
        case "name" -> name = checkedName(value);
        case "net" -> devices.add(device(key, value, FrontEnd.NETDEV));
        case "disk" -> devices.add(device(key, value, FrontEnd.CHARDEV));
        case "watch" -> watches.add(value);
        case "log-level" -> logLevel = level(value);
        default -> throw unknown(key);
      }
    }
    return new PluginArguments(name, List.copyOf(devices), List.copyOf(watches), logLevel);
  }

  private static System.Logger.Level level(String word) {
    return StderrLoggerFinder.level(word)
        .orElseThrow(() ->
            new SpecException(
                "log-level="
                    + word
                    + ": must be one of "
                    + String.join(", ", StderrLoggerFinder.levels())));
  }

  private static String checkedName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new SpecException(
          "name=" + name + ": must be a letter or digit, then up to 63 of letters, digits, _ . -");
    }
    return name;
  }

  private static Spec device(String key, String value, FrontEnd frontEnd) {
    Spec spec = Spec.parse(value);
    if (spec.text("id").isEmpty()) { // QEMU keeps an id= behind a single comma to itself
      throw new SpecException(key + "=" + value + ": id=NAME is missing" + DOUBLED);
    }
    FrontEnd actual = Providers.of(spec).frontEnd();
    if (actual != frontEnd) {
      String proper = actual == FrontEnd.NETDEV ? "net" : "disk";
      throw new SpecException(spec.label() + " goes with " + proper + "=, not " + key + "=");
    }
    return spec;
  }

  /** What stands alone and is unknown belongs to a SPEC whose commas were not doubled, often. */
  private static SpecException unknown(String key) {
    return new SpecException("no such argument: " + key + Nearest.hint(key, KNOWN) + DOUBLED);
  }
}
