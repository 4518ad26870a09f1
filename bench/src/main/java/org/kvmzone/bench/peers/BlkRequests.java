package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bench.bare.Gcc;

/**
 * A front end of our own on libblkio, {@code blk_requests.c}: for what {@link BlkioBench} cannot
 * ask. It always polls.
 */
final class BlkRequests {
  private static final String LOADER = "usr/lib64/ld-linux-x86-64.so.2";
  private static final String LIBRARIES = "usr/lib/x86_64-linux-gnu";
  private static final String SOURCE = "/c/blk_requests.c";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private BlkRequests() {}

  /**
   * Drives disks for so long.
   *
   * @param work one of its words
   * @param bytes of each request
   * @param depth requests that are under way on each queue
   * @param queues of each disk
   * @param sockets of the disks
   */
  static BlkioBench.Outcome run(
      Workbench bench,
      String work,
      int bytes,
      int depth,
      int queues,
      int seconds,
      List<Path> sockets)
      throws IOException, InterruptedException {
    Path libraries = bench.unpacked(LIBRARIES);
    // libblkio needs a C library newer than the machine's, which has a loader of its own.
    List<String> words = new ArrayList<>(List.of(bench.unpacked(LOADER).toString()));
    words.addAll(List.of("--library-path", libraries.toString()));
    words.add(compiled(bench, libraries).toString());
    words.addAll(List.of(work, "" + bytes, "" + depth, "" + queues, "" + seconds));
    sockets.forEach(socket -> words.add(socket.toString()));
    try (Child child = Child.start("blk_requests", Child.FRONTEND_CPU, bench.scratch(), words)) {
      return BlkioBench.outcome(child.awaitEnd(PATIENCE.plusSeconds(seconds)));
    }
  }

  private static Path compiled(Workbench bench, Path libraries) throws IOException {
    Path program = bench.scratch().resolve("blk_requests");
    if (!Files.exists(program)) {
      Gcc.compile(
          SOURCE,
          program,
          List.of(
              "-O2",
              "-I" + bench.unpacked("usr/include"),
              libraries.resolve("libblkio.so.1").toString(),
              "-Wl,--allow-shlib-undefined"));
    }
    return program;
  }
}
