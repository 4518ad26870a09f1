package org.kvmzone.cli;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.bridge.probe.Nearest;
import org.kvmzone.cli.qemu.Exec;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Where the command begins and ends. */
public final class Main {
  private static final String QEMU_OPTIONS_FOLLOW = "--";
  private static final int HELP_WIDTH = 100;

  private Main() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    Exec exec = Exec.prepare();
    PrintWriter out = writer(System.out);
    Context context =
        new Context(
            System.in,
            out,
            writer(System.err),
            System.getenv(),
            exec,
            RunDirectory::standard,
            List.of());
    int code = execute(context, args);
    out.flush();
    // A process that hosts devices has threads that would keep it alive.
    System.exit(code);
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
  }

  /** Runs a command and returns its exit code. */
  static int execute(Context surroundings, String... args) {
    List<String> all = Arrays.asList(args);
    int end = all.indexOf(QEMU_OPTIONS_FOLLOW);
    List<String> own = end < 0 ? all : all.subList(0, end);
    Context context =
        surroundings.withQemuOptions(end < 0 ? List.of() : all.subList(end + 1, all.size()));
    Kvmzone general = new Kvmzone();
    CommandLine line = new CommandLine(general);
    subcommands(context, general).forEach(line::addSubcommand);
    line.setOut(context.out())
        .setErr(context.err())
        .setUsageHelpWidth(HELP_WIDTH)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(parsed -> execute(context, general, parsed))
        .setParameterExceptionHandler(
            (wrong, rest) -> Failure.usage(usage(wrong)).report(context.err(), general.debug))
        .setExecutionExceptionHandler(
            (thrown, command, parsed) -> Failure.of(thrown).report(context.err(), general.debug));
    try {
      return line.execute(own.toArray(String[]::new));
    } finally {
      context.out().flush();
    }
  }

  private static int execute(Context context, Kvmzone general, CommandLine.ParseResult parsed) {
    try {
      general.applyLogLevel();
    } catch (Failure wrong) {
      return wrong.report(context.err(), general.debug);
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  private static List<Object> subcommands(Context context, Kvmzone general) {
    return List.of(
        new RunCommand(context, general),
        new ServeCommand(context),
        new QemuArgsCommand(context, general),
        new ListCommand(context),
        new StatsCommand(context),
        new AddCommand(context),
        new RemoveCommand(context),
        new ResizeCommand(context),
        new LimitCommand(context),
        new CheckCommand(context),
        new SpecsCommand(context),
        VnicCommand.line(context),
        FlowCommand.line(context),
        new VnicstatCommand(context),
        new CaptureCommand(context),
        VolumeCommand.line(context),
        PoolCommand.line(context),
        ImageCommand.line(context),
        new CommandLine.HelpCommand());
  }

  private static String usage(ParameterException wrong) {
    CommandLine command = wrong.getCommandLine();
    String line = "" + wrong.getMessage();
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      String word = unmatched.getUnmatched().getFirst();
      boolean option = word.startsWith("-");
      List<String> known =
          option
              ? command.getCommandSpec().options().stream()
                  .flatMap(each -> Arrays.stream(each.names()))
                  .toList()
              : List.copyOf(command.getSubcommands().keySet());
      line =
          (option
                  ? "no such option: "
                  : known.isEmpty() ? "what is this for: " : "no such command: ")
              + word
              + Nearest.hint(word, known);
    }
    return line
        + (line.endsWith("?") ? " See " : "; see ")
        + command.getCommandSpec().qualifiedName()
        + " --help";
  }
}
