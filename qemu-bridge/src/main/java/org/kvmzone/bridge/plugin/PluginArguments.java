package org.kvmzone.bridge.plugin;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.control.StderrLoggerFinder;
import org.kvmzone.bridge.control.WarmUp;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.probe.Nearest;

/**
 * What the operator wrote behind {@code -plugin libqemu-bridge.so,}: all but what the C half keeps.
 *
 * @param name what the other commands call this guest; QEMU's {@code -name} if no other is given
 * @param devices SPECs in their order
 * @param watches probes to be watched from the beginning on, as {@link
 *     org.kvmzone.bridge.probe.Watch} reads them
 * @param warmUp how long the data path works for guests that do not exist, before this one needs it
 * @param logLevel from which level on events are written
 */
record PluginArguments(
    String name, List<Spec> devices, List<String> watches, Duration warmUp, Level logLevel) {
  /** All that may be written, what the C half keeps included. */
  private static final List<String> KNOWN =
      List.of(
          "name",
          "net",
          "disk",
          "watch",
          "warm-up",
          "log-level",
          "debug",
          "jvm",
          "classpath",
          "jvmopts");

  private static final String DOUBLED =
      " (commas inside a SPEC are doubled: disk=zvol,,id=disk0,,path=…)";

  /**
   * Reads arguments.
   *
   * @param arguments each {@code name=value}, as QEMU passes them
   * @throws SpecException if one is unknown or wrong, or there is no name
   */
  static PluginArguments parse(List<String> arguments) {
    String name = "";
    Duration warmUp = WarmUp.DEFAULT;
    Level logLevel = Level.INFO;
    List<Spec> devices = new ArrayList<>();
    List<String> watches = new ArrayList<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      String key = equals < 0 ? argument : argument.substring(0, equals);
      String value = argument.substring(equals + 1);
      switch (key) {
        case "name" -> name = value;
        case "net" -> devices.add(device(key, value, FrontEnd.NETDEV));
        case "disk" -> devices.add(device(key, value, FrontEnd.CHARDEV));
        case "watch" -> watches.add(value);
        case "warm-up" -> warmUp = WarmUp.parse(value);
        case "log-level" -> logLevel = level(value);
        case "debug" -> logLevel = isOn(key, value) ? Level.DEBUG : logLevel;
        default -> throw unknown(key);
      }
    }
    if (name.isEmpty()) {
      throw new SpecException("name=NAME is missing: what other commands are to call this guest");
    }
    return new PluginArguments(name, List.copyOf(devices), List.copyOf(watches), warmUp, logLevel);
  }

  private static Level level(String word) {
    return StderrLoggerFinder.level(word)
        .orElseThrow(() ->
            new SpecException(
                "log-level=%s: must be one of %s"
                    .formatted(word, String.join(", ", StderrLoggerFinder.levels()))));
  }

  private static boolean isOn(String key, String value) {
    if (!value.equals("on") && !value.equals("off")) {
      throw new SpecException(key + "=" + value + ": must be on or off");
    }
    return value.equals("on");
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
