package org.kvmzone.bench.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** libblkio's blkio-bench: one thread, which keeps so many requests under way. */
final class BlkioBench {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private BlkioBench() {}

  /**
   * What it counted.
   *
   * @param perSecond requests
   * @param meanLatencyMicros of each, as it saw it
   */
  record Outcome(double perSecond, double meanLatencyMicros) {}

  /** Drives the disk behind a socket for so long, by whatever program can. */
  static Outcome run(Workbench bench, Path socket, BlkSetup setup, int seconds)
      throws IOException, InterruptedException {
    BlkSetup.Work work = setup.work();
    if (setup.queues() > 1 || work.ofPairs()) {
      return BlkRequests.run(
          bench,
          work.word(),
          work.bytes(),
          setup.depth(),
          setup.queues(),
          seconds,
          List.of(socket));
    }
    List<String> words = new ArrayList<>(List.of(bench.trixie("blkio-bench").toString()));
    words.add("--iodepth=" + setup.depth());
    words.add("--readwrite=" + work.readwrite());
    words.add("--blocksize=" + work.bytes());
    words.add("--runtime=" + seconds);
    if (setup.frontend() == BlkSetup.Frontend.POLL) {
      words.add("--poll");
    }
    words.addAll(List.of("virtio-blk-vhost-user", "path=" + socket));
    try (Child child = Child.start("blkio-bench", Child.FRONTEND_CPU, bench.scratch(), words)) {
      return outcome(child.awaitEnd(PATIENCE.plusSeconds(seconds)));
    }
  }

  /** Reads what it prints at its end. */
  static Outcome outcome(String said) throws IOException {
    JsonNode all = new ObjectMapper().readTree(said).path("aggregate");
    double thousands = all.path("kiops").asDouble();
    if (thousands <= 0) {
      throw new IOException("blkio-bench: no request was done");
    }
    return new Outcome(thousands * 1000, all.path("mean_lat_us").asDouble());
  }
}
