package org.kvmzone.bench.peers;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kvmzone.bench.footprint.RepeatOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/bench limits}. */
@Command(
    name = "limits",
    description = {
      "What disks reach that are held to so many requests, or bytes, a second, alone and in a",
      "group; by the count of a front end on libblkio. Fails if a limit is missed by 3 %."
    })
final class LimitsCommand implements Callable<Integer> {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Mixin private RepeatOptions repeat = new RepeatOptions(3);

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "How long each is driven (default: ${DEFAULT-VALUE}).")
  private int seconds = 1;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (repeat.rounds() < 1 || seconds < 1) {
      Bench.say("--rounds and --seconds are at least 1");
      return Bench.USAGE;
    }
    Workbench bench = Workbench.ofProperties();
    List<LimitTable.Row> rows = new ArrayList<>();
    for (Limit limit : Limit.all()) {
      List<Double> reached = new ArrayList<>();
      for (int round = 0; round < repeat.rounds(); round++) {
        reached.add(limit.reached(bench, seconds));
      }
      rows.add(new LimitTable.Row(limit, reached));
      Bench.say(
          "%s=%d of %d: %s"
              .formatted(
                  limit.property(),
                  limit.asked(),
                  limit.disks(),
                  reached.stream().map(Figures::count).toList()));
    }
    LimitTable table = new LimitTable(rows);
    if (repeat.json().isPresent()) {
      JSON.writeValue(
          repeat.json().get().toFile(),
          Map.of(
              "measured",
              LocalDate.now(ZoneOffset.UTC).toString(),
              "machine",
              Machine.describe(),
              "seconds",
              seconds,
              "limits",
              rows));
    }
    System.out.print(table.markdown());
    return table.kept() ? Bench.DONE : Bench.FAILED;
  }
}
