package org.kvmzone.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code kvmzone vnic}: the NICs of guests, and what they are held to. */
@Command(
    name = "vnic",
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "VNICs in use, with dladm(8)'s words. LINK is NAME/ID, a process and its device; or the ID",
      "alone, where one process has it."
    },
    commandListHeading = "%nCommands:%n")
final class VnicCommand implements Runnable {
  private VnicCommand() {}

  static CommandLine line(Context context) {
    CommandLine line = new CommandLine(new VnicCommand());
    List.of(
            new VnicCreateCommand(context),
            new VnicDeleteCommand(context),
            new VnicListCommand(context),
            new VnicGetCommand(context),
            new VnicSetCommand(context),
            new VnicResetCommand(context),
            new VnicUsageCommand(context))
        .forEach(line::addSubcommand);
    return line;
  }

  @Override
  public void run() {
    throw Failure.usage("which command? See kvmzone vnic --help");
  }
}
