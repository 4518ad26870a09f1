package org.kvmzone.bench.footprint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What a run has measured, as it is kept in a file.
 *
 * @param measured the day, UTC
 * @param rounds how often each program was started
 * @param idleSeconds between the two looks at each
 * @param programs of each version of QEMU, and of ours beside it: name and samples
 */
record FootprintReport(
    String measured,
    Map<String, String> machine,
    int rounds,
    int idleSeconds,
    Map<String, Map<String, List<Subject.Sample>>> programs) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  void write(Path file) throws IOException {
    JSON.writeValue(file.toFile(), this);
  }

  /** Medians in Markdown, what ours add, and what they may. */
  String table() {
    StringBuilder text = new StringBuilder();
    programs.forEach((group, samples) -> {
      text.append(
          """
          | %s | wall ms | CPU ms | RSS MB | PSS MB | later: CPU ms | RSS MB | PSS MB |
          |---|---|---|---|---|---|---|---|
          """
              .formatted(group));
      samples.forEach((name, each) -> text.append(row(name, mediansOf(each))));
      List<Subject.Sample> bare = samples.get(Subjects.BARE);
      List<Subject.Sample> ours = samples.get(Subjects.OURS);
      if (bare != null && ours != null) {
        text.append(row("**ours add**", difference(mediansOf(ours), mediansOf(bare))));
        text.append("| at most, aim | | 200, 120 | 70, 48 | | | | |\n");
      }
      text.append('\n');
    });
    return text.toString();
  }

  private static String row(String name, Subject.Sample sample) {
    Footprint ready = sample.ready();
    Footprint idle = sample.idle();
    return String.format(
        Locale.ROOT,
        "| %s | %.0f | %.0f | %.1f | %.1f | %.0f | %.1f | %.1f |%n",
        name,
        ready.wallMs(),
        ready.cpuMs(),
        ready.rssMb(),
        ready.pssMb(),
        idle.cpuMs(),
        idle.rssMb(),
        idle.pssMb());
  }

  private static Subject.Sample mediansOf(List<Subject.Sample> samples) {
    return new Subject.Sample(
        medians(samples.stream().map(Subject.Sample::ready).toList()),
        medians(samples.stream().map(Subject.Sample::idle).toList()));
  }

  private static Footprint medians(List<Footprint> all) {
    return new Footprint(
        median(all, Footprint::wallMs),
        median(all, Footprint::cpuMs),
        median(all, Footprint::rssMb),
        median(all, Footprint::pssMb));
  }

  private static double median(List<Footprint> all, ToDoubleFunction<Footprint> figure) {
    double[] sorted = all.stream().mapToDouble(figure).sorted().toArray();
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private static Subject.Sample difference(Subject.Sample a, Subject.Sample b) {
    return new Subject.Sample(a.ready().minus(b.ready()), a.idle().minus(b.idle()));
  }
}
