package org.kvmzone.cli.qemu;

import java.nio.file.Path;

/** Where a guest's devices live. */
public sealed interface Hosting {
  /**
   * In QEMU, through the plugin.
   *
   * @param plugin libqemu-bridge.so
   * @param jvm libjvm.so
   * @param classpath kvmzone-qemu.jar
   */
  record InQemu(Path plugin, Path jvm, Path classpath) implements Hosting {}

  /**
   * In a process beside QEMU that listens on {@code <id>.sock}.
   *
   * @param directory where the sockets are
   */
  record BesideQemu(Path directory) implements Hosting {}
}
