package org.kvmzone.bench.peers;

import java.util.Locale;
import org.kvmzone.bench.footprint.FootprintCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** {@code bin/bench}: what ours and the peers reach, side by side. */
@Command(
    name = "bench",
    scope = ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    description =
        "Measures kvmzone beside its peers: same front end, alternating, in short bursts.",
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "And bin/bench image: how long it takes from an image of a gigabyte to a guest that has booted"
          + " from a clone of it, on OpenZFS in a guest without KVM."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:done", "1:failed", "2:usage", "3:something is missing on this machine"})
public final class Bench implements Runnable {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int MISSING = 3;

  private Bench() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    System.exit(
        new CommandLine(new Bench())
            .addSubcommand(new NetCommand())
            .addSubcommand(new BlkCommand())
            .addSubcommand(new ManyCommand())
            .addSubcommand(new GuestCommand())
            .addSubcommand(new VnicsCommand())
            .addSubcommand(new LimitsCommand())
            .addSubcommand(new FirstCommand())
            .addSubcommand(new IdleCommand())
            .addSubcommand(new ReportCommand())
            .addSubcommand(new FootprintCommand(Machine::describe))
            .setUsageHelpWidth(100)
            .setParameterExceptionHandler((wrong, rest) -> usage(wrong))
            .setExecutionExceptionHandler((thrown, command, parsed) -> failed(thrown))
            .execute(args));
  }

  /** Says something to whoever is watching. */
  static void say(String line) {
    System.err.println("bench: " + line);
  }

  private static int usage(ParameterException wrong) {
    say(
        wrong.getMessage()
            + "; see "
            + wrong.getCommandLine().getCommandSpec().qualifiedName()
            + " --help");
    return USAGE;
  }

  private static int failed(Exception thrown) {
    say(("" + thrown.getMessage()).strip().replaceAll("\\s*\\R\\s*", " "));
    return thrown instanceof Unavailable ? MISSING : FAILED;
  }

  @Override
  public void run() {
    throw new ParameterException(new CommandLine(this), "which command?");
  }
}
