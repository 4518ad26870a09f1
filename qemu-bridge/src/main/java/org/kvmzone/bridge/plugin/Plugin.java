package org.kvmzone.bridge.plugin;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.bridge.control.StderrLoggerFinder;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.probe.WatchException;

/**
 * What the C half calls, all on one thread, while QEMU's main thread waits. Whatever is thrown has
 * a message of one line, for the operator.
 */
final class Plugin {
  private static @Nullable PluginHost host;

  private Plugin() {}

  /**
   * Makes the devices, not yet started.
   *
   * @param arguments the plugin's, each {@code name=value}
   * @return what QEMU is to add: lines {@code chardev OPTIONS} and {@code netdev OPTIONS}, where
   *     OPTIONS are as on QEMU's command line
   */
  static String[] start(String[] arguments) {
    try {
      return start(arguments, RunDirectory.standard());
    } catch (Throwable thrown) {
      throw explained(thrown);
    }
  }

  /** The same, with sockets below another directory. */
  static String[] start(String[] arguments, RunDirectory directory) throws IOException {
    PluginArguments parsed = PluginArguments.parse(List.of(arguments));
    StderrLoggerFinder.name(parsed.name());
    StderrLoggerFinder.threshold(parsed.logLevel());
    PluginHost made = PluginHost.create(parsed, directory);
    host = made;
    return made.options().toArray(String[]::new);
  }

  /** The chardevs are there: starts the devices, which connect to them and answer from now on. */
  static void connect() {
    try {
      if (host != null) {
        host.start();
      }
    } catch (Throwable thrown) {
      throw explained(thrown);
    }
  }

  /** QEMU exits: closes the devices. */
  static void stop() {
    try {
      if (host != null) {
        host.close();
      }
    } catch (Throwable thrown) {
      throw explained(thrown);
    }
  }

  private static RuntimeException explained(Throwable thrown) {
    return switch (thrown) {
      case SpecException forOperator -> forOperator;
      case WatchException e -> new SpecException("watch=" + e.getMessage(), e);
      case IOException e -> new IllegalStateException(e.getMessage(), e);
      default ->
          new IllegalStateException(
              "internal error: " + thrown + " (debug=on tells where)", thrown);
    };
  }
}
