package org.kvmzone.cli;

import java.util.Optional;
import org.kvmzone.bridge.control.StderrLoggerFinder;
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

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      scope = ScopeType.INHERIT,
      description = "From what level on events go to stderr: error, warning, info, debug or trace.")
  Optional<String> logLevel = Optional.empty();

  Kvmzone() {}

  /** Takes effect on the loggers of this process. */
  void applyLogLevel() {
    logLevel.ifPresent(word -> StderrLoggerFinder.threshold(level(word)));
  }

  private static System.Logger.Level level(String word) {
    return StderrLoggerFinder.level(word)
        .orElseThrow(() ->
            Failure.usage(
                "--log-level "
                    + word
                    + ": must be one of "
                    + String.join(", ", StderrLoggerFinder.levels())));
  }

  @Override
  public void run() {
    throw Failure.usage("which command? See kvmzone --help");
  }
}
