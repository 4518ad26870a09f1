package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What connected devices do while nobody asks anything of them: how often their threads wake. */
final class IdleCase implements Case {
  private static final int DEVICES = 8;
  private static final int SECONDS = 10;
  private static final long SETTLING_SECONDS = 2;

  /** What the threads of devices are called, from the beginning on. */
  private static final String THREADS = "nic";

  private final Workbench bench;

  IdleCase(Workbench bench) {
    this.bench = bench;
  }

  @Override
  public String name() {
    return "idle/" + DEVICES + "-devices";
  }

  @Override
  public String unit() {
    return "wake-ups";
  }

  @Override
  public Optional<Target> target() {
    return Optional.empty();
  }

  @Override
  public List<String> sides() {
    return List.of("kvmzone");
  }

  @Override
  public Sample measure(String side) throws IOException, InterruptedException {
    Path directory = bench.fresh(side);
    List<String> words = new ArrayList<>();
    List<Path> sockets = new ArrayList<>();
    for (int i = 0; i < DEVICES; i++) {
      String id = THREADS + i;
      words.addAll(
          List.of("--net", "vnic,id=%s,kind=discard,macaddr=02:00:00:00:01:%02x".formatted(id, i)));
      sockets.add(directory.resolve(id + ".sock"));
    }
    try (Kvmzone kvmzone = Kvmzone.serve(bench, directory, words);
        Testpmd frontend = Testpmd.idle(bench, sockets)) {
      frontend.awaitPorts(DEVICES);
      TimeUnit.SECONDS.sleep(SETTLING_SECONDS);
      Switches before = switches(kvmzone.child().pid());
      TimeUnit.SECONDS.sleep(SECONDS);
      Switches after = switches(kvmzone.child().pid());
      return new Sample(
          (double) (after.count - before.count) / SECONDS,
          Double.NaN,
          Double.NaN,
          null,
          null,
          true,
          Map.of("threads", "" + after.threads, "wake-ups", "" + (after.count - before.count)));
    }
  }

  /** How often so many threads have left their CPU. */
  private record Switches(int threads, long count) {}

  private static Switches switches(long pid) throws IOException {
    int threads = 0;
    long count = 0;
    try (Stream<Path> tasks = Files.list(Path.of("/proc", "" + pid, "task"))) {
      for (Path task : tasks.toList()) {
        if (Files.readString(task.resolve("comm")).startsWith(THREADS)) {
          threads++;
          count += ProcStat.switches(Files.readString(task.resolve("status")));
        }
      }
    }
    if (threads == 0) {
      throw new IOException("kvmzone has no threads called " + THREADS + "…");
    }
    return new Switches(threads, count);
  }
}
