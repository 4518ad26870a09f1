package org.kvmzone.cli.qemu;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Where a guest's devices live. */
public sealed interface Hosting {
  /**
   * In QEMU, through the plugin.
   *
   * @param installation what QEMU loads
   * @param watches expressions to watch from the beginning
   * @param settings other arguments of the plugin
   */
  record InQemu(Installation installation, List<String> watches, Map<String, String> settings)
      implements Hosting {}

  /**
   * In a process beside QEMU that listens on {@code <id>.sock}.
   *
   * @param directory where the sockets are
   */
  record BesideQemu(Path directory) implements Hosting {}
}
