package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code bin/bench report}. */
@Command(
    name = "report",
    description = "Shows what earlier runs have written with --json, as one table or chart.")
final class ReportCommand implements Callable<Integer> {
  @Parameters(arity = "1..*", paramLabel = "FILE", description = "What --json has written.")
  private List<Path> files = new ArrayList<>();

  @Mixin private RunOptions.ReportOptions options = new RunOptions.ReportOptions();

  @Override
  public Integer call() throws IOException {
    Optional<Report> all = Optional.empty();
    for (Path file : files) {
      Report report = Report.read(file);
      all = Optional.of(all.map(before -> before.with(report)).orElse(report));
    }
    options.print(all.orElseThrow());
    return Bench.DONE;
  }
}
