package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.kvmzone.bench.footprint.RepeatOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of every command that measures, and what follows from them. */
final class RunOptions {
  @Option(
      names = "--case",
      paramLabel = "GLOB",
      description = "Only cases of such names: * stands for anything. Repeat for more.")
  private List<String> globs = new ArrayList<>();

  @Mixin private RepeatOptions repeat = new RepeatOptions(5);

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "How long each burst is measured (default: ${DEFAULT-VALUE}).")
  int seconds;

  @Option(
      names = "--peer",
      paramLabel = "NAME",
      description =
          "Only these sides besides ours, the first of them compared with ours. Repeat for more.")
  private List<String> peers = new ArrayList<>();

  @Option(
      names = "--before",
      paramLabel = "DIR",
      description =
          "Ours as another checkout has built it, as the first side besides ours: what a change is"
              + " worth. Other sides are left out unless --peer names them.")
  private Optional<Path> before = Optional.empty();

  @Option(names = "--list", description = "Print the names of the cases instead.")
  private boolean list;

  @Mixin ReportOptions report = new ReportOptions();

  /** Options of bursts of two seconds unless others are given. */
  RunOptions() {
    this(2);
  }

  /** Options of bursts of so many seconds unless others are given. */
  RunOptions(int seconds) {
    this.seconds = seconds;
  }

  /** Measures those of {@code all} that were asked for, and reports. */
  int run(List<? extends Case> all, Workbench bench) throws IOException, InterruptedException {
    boolean compares = !peers.isEmpty() || before.isPresent();
    List<? extends Case> chosen =
        all.stream()
            .filter(each -> wanted(each) && (!compares || each.sides().size() > 1))
            .toList();
    if (chosen.isEmpty()) {
      Bench.say("no case has such a name, or such a peer; see --list");
      return Bench.USAGE;
    }
    if (repeat.rounds() < 1 || seconds < 1) {
      Bench.say("--rounds and --seconds are at least 1");
      return Bench.USAGE;
    }
    if (list) {
      chosen.forEach(
          each -> System.out.println(each.name() + "  (" + String.join(", ", each.sides()) + ")"));
      return Bench.DONE;
    }
    Usual usual = Usual.read(bench.cache().resolve("bench/usual.json"));
    Rounds runner = new Rounds(repeat.rounds(), usual, Bench::say);
    List<CaseResult> results = new ArrayList<>();
    for (Case each : chosen) {
      results.add(runner.measure(each));
      // What was measured stays, whatever comes.
      if (repeat.json().isPresent()) {
        report(results).write(repeat.json().get());
      }
    }
    Report done = report(results);
    report.print(done);
    return done.complete() ? Bench.DONE : Bench.FAILED;
  }

  /**
   * The sides of a case that were asked for.
   *
   * @param all of them, ours first, where a project is
   */
  <S> List<Backend<S>> sides(Workbench bench, Function<Workbench, List<Backend<S>>> all) {
    return sides(bench, all, Before::new);
  }

  /**
   * The same of sides of another kind.
   *
   * @param earlier gives ours of another checkout the name that it has beside ours
   */
  <T extends Side> List<T> sides(
      Workbench bench, Function<Workbench, List<T>> all, UnaryOperator<T> earlier) {
    List<T> chosen = new ArrayList<>(all.apply(bench));
    String ours = chosen.getFirst().name();
    if (before.isPresent() || !peers.isEmpty()) {
      chosen.removeIf(side -> !side.name().equals(ours) && !peers.contains(side.name()));
    }
    before
        .map(home -> all.apply(bench.at(home.toAbsolutePath())).getFirst())
        .ifPresent(side -> chosen.add(1, earlier.apply(side)));
    return List.copyOf(chosen);
  }

  private Report report(List<CaseResult> results) throws IOException {
    return new Report(
        LocalDate.now(ZoneOffset.UTC).toString(),
        Machine.describe(),
        repeat.rounds(),
        seconds,
        List.copyOf(results));
  }

  private boolean wanted(Case candidate) {
    return globs.isEmpty()
        || globs.stream().anyMatch(glob -> pattern(glob).matcher(candidate.name()).matches());
  }

  /** Of a glob, in which only {@code *} has a meaning. */
  static Pattern pattern(String glob) {
    return Pattern.compile(("\\Q" + glob + "\\E").replace("*", "\\E.*\\Q"));
  }

  /** How a report is shown. */
  static final class ReportOptions {
    @Option(names = "--markdown", description = "Print the table in Markdown.")
    private boolean markdown;

    @Option(
        names = "--engines",
        description = "Print the table of the engines of disks, in Markdown, and no other case.")
    private boolean engines;

    @Option(names = "--chart", paramLabel = "FILE", description = "Draw the ratios, in SVG.")
    private Optional<Path> chart = Optional.empty();

    void print(Report report) throws IOException {
      System.out.print(table(report));
      if (chart.isPresent()) {
        Files.writeString(chart.get(), Chart.of(report));
      }
    }

    private String table(Report report) {
      if (GuestTable.isOf(report)) {
        return GuestTable.markdown(report);
      }
      if (engines) {
        return EngineTable.markdown(report);
      }
      return markdown ? ReportTable.markdown(report) : ReportTable.text(report);
    }
  }
}
