package org.kvmzone.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command itself: what all subcommands have in common. */
@Command(
    name = "kvmzone",
    scope = ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Virtio devices in Java for stock QEMU: every guest NIC a VNIC, every guest disk a zvol."
    },
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:done", "1:failed", "2:usage", "3:something is missing on this machine"})
final class Kvmzone implements Runnable {
  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show where an error came from.")
  boolean debug;

  Kvmzone() {}

  @Override
  public void run() {
    throw Failure.usage("which command? See kvmzone --help");
  }
}
