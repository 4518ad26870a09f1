package org.kvmzone.cli;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kvmzone.bridge.probe.Nearest;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Where the command begins and ends. */
public final class Main {
  private static final String QEMU_OPTIONS_FOLLOW = "--";
  private static final int HELP_WIDTH = 100;

  private Main() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] args) {
    PrintWriter out = writer(System.out);
    int code =
        execute(new Context(System.in, out, writer(System.err), System.getenv(), List.of()), args);
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
    List<String> qemuOptions = end < 0 ? List.of() : List.copyOf(all.subList(end + 1, all.size()));
    Context context =
        new Context(
            surroundings.in(),
            surroundings.out(),
            surroundings.err(),
            surroundings.environment(),
            qemuOptions);
    Kvmzone top = new Kvmzone();
    CommandLine line = new CommandLine(top);
    for (Object subcommand : subcommands(context)) {
      line.addSubcommand(subcommand);
    }
    line.setOut(context.out())
        .setErr(context.err())
        .setUsageHelpWidth(HELP_WIDTH)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(
            (wrong, rest) -> Failure.usage(usage(wrong)).report(context.err(), top.debug))
        .setExecutionExceptionHandler(
            (thrown, command, parsed) -> Failure.of(thrown).report(context.err(), top.debug));
    int code = line.execute(own.toArray(String[]::new));
    context.out().flush();
    return code;
  }

  private static List<Object> subcommands(Context context) {
    return List.of(
        new CheckCommand(context), new SpecsCommand(context), new CommandLine.HelpCommand());
  }

  private static String usage(ParameterException wrong) {
    CommandLine command = wrong.getCommandLine();
    String line = "" + wrong.getMessage();
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      String word = unmatched.getUnmatched().getFirst();
      List<String> known = new ArrayList<>(command.getSubcommands().keySet());
      command.getCommandSpec().options().stream()
          .map(OptionSpec::names)
          .forEach(names -> known.addAll(Arrays.asList(names)));
      line = "no such option or command: " + word + Nearest.hint(word, known);
    }
    return line
        + (line.endsWith("?") ? " See " : "; see ")
        + command.getCommandSpec().qualifiedName()
        + " --help";
  }
}
