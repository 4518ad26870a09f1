package org.kvmzone.bridge.plugin;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.SpecException;

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
      String name = "qemu-" + ProcessHandle.current().pid();
      host = new PluginHost(PluginArguments.parse(List.of(arguments), name));
      return host.options().toArray(String[]::new);
    } catch (Throwable thrown) {
      throw explained(thrown);
    }
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
    return thrown instanceof SpecException forOperator
        ? forOperator
        : new IllegalStateException(
            "internal error: " + thrown + " (debug=on tells where)", thrown);
  }
}
