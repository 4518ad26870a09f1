package org.kvmzone.bench.footprint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/bench footprint}. */
@Command(
    name = "footprint",
    sortOptions = false,
    description = {
      "CPU time and memory up to a guest's first instruction: of QEMU alone, with devices of its",
      "own, and with ours in it; and of kvmzone serve until it listens."
    })
public final class FootprintCommand implements Callable<Integer> {
  @Mixin private RepeatOptions repeat = new RepeatOptions(10);

  @Option(
      names = "--idle",
      paramLabel = "SECONDS",
      description = "How long each is left alone then (default: ${DEFAULT-VALUE}).")
  private int idle = 10;

  @Option(
      names = "--qemu",
      paramLabel = "PATH",
      description = "Which QEMU. Repeat for more (default: the machine's own, and the fetched 10).")
  private List<String> qemus = new ArrayList<>();

  private final Machine machine;

  /** What figures were measured on. */
  @FunctionalInterface
  public interface Machine {
    /** Name and value of each property. */
    Map<String, String> describe() throws IOException;
  }

  /** The command. */
  public FootprintCommand(Machine machine) {
    this.machine = machine;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path scratch = Path.of(System.getProperty("kvmzone.bench.scratch"));
    Subjects subjects = new Subjects(Path.of(System.getProperty("kvmzone.home")), scratch);
    Map<String, Map<String, List<Subject.Sample>>> programs = new LinkedHashMap<>();
    for (String qemu : qemus.isEmpty() ? found() : qemus) {
      String version = Subjects.lines(List.of(qemu, "--version")).getFirst();
      programs.put(version, measure(subjects.ofQemu(qemu), scratch));
    }
    programs.put("beside QEMU", measure(List.of(subjects.serve()), scratch));
    FootprintReport report =
        new FootprintReport(
            LocalDate.now(ZoneOffset.UTC).toString(),
            machine.describe(),
            repeat.rounds(),
            idle,
            programs);
    if (repeat.json().isPresent()) {
      report.write(repeat.json().get());
    }
    System.out.print(report.table());
    return 0;
  }

  private static List<String> found() {
    List<String> qemus = new ArrayList<>(List.of("qemu-system-x86_64"));
    Path fetched = Path.of(System.getProperty("kvmzone.cache"), "qemu10", "qemu-system-x86_64");
    if (Files.isExecutable(fetched)) {
      qemus.add(fetched.toString());
    }
    return qemus;
  }

  private Map<String, List<Subject.Sample>> measure(List<Subject> subjects, Path scratch)
      throws IOException, InterruptedException {
    Map<String, List<Subject.Sample>> samples = new LinkedHashMap<>();
    for (int round = 0; round < repeat.rounds(); round++) {
      System.err.printf("bench: footprint, round %d of %d%n", round + 1, repeat.rounds());
      for (Subject subject : subjects) {
        samples
            .computeIfAbsent(subject.name(), _ -> new ArrayList<>())
            .add(subject.measure(Duration.ofSeconds(idle), scratch.resolve("footprint.log")));
      }
    }
    return samples;
  }
}
