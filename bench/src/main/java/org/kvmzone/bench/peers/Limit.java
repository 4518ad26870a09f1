package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A limit of a disk, or of a group of disks, and how near a driver comes to it.
 *
 * @param property of the SPEC
 * @param asked its value, requests or bytes a second
 * @param bytes of each request
 * @param disks that share it
 */
record Limit(String property, long asked, int bytes, int disks) {
  /** Requests that wait on each disk: they are held back by the limit alone. */
  private static final int DEPTH = 32;

  private static final String REQUESTS = "iops-total";
  private static final String BYTES = "bps-total";

  /** From what a slow disk does to what a fast one does, for one disk and for two. */
  static List<Limit> all() {
    List<Limit> limits = new ArrayList<>();
    for (int disks : List.of(1, 2)) {
      for (long requests : List.of(100, 1_000, 50_000)) {
        limits.add(new Limit(REQUESTS, requests, 4 << 10, disks));
      }
      limits.add(new Limit(BYTES, 1_000_000, 4 << 10, disks));
      limits.add(new Limit(BYTES, 100_000_000, 64 << 10, disks));
      limits.add(new Limit(BYTES, 1_000_000_000, 128 << 10, disks));
    }
    return limits;
  }

  /** Whether it is one of bytes. */
  boolean ofBytes() {
    return property.equals(BYTES);
  }

  /**
   * What disks reach that were idle before, together, in units of what is asked.
   *
   * @param seconds for which they are driven
   */
  double reached(Workbench bench, int seconds) throws IOException, InterruptedException {
    Path directory = bench.fresh("limits");
    List<String> words = new ArrayList<>();
    List<Path> sockets = new ArrayList<>();
    for (int i = 0; i < disks; i++) {
      String id = "disk" + i;
      String group = disks == 1 ? "" : ",group=shared";
      words.addAll(
          List.of(
              "--disk",
              "zvol,id=%s,kind=null,size=%d,%s=%d%s"
                  .formatted(id, Images.BYTES, property, asked, group)));
      sockets.add(directory.resolve(id + ".sock"));
    }
    try (Burst _ = Burst.begin(bench);
        Kvmzone _ = Kvmzone.serve(bench, directory, words)) {
      double requests =
          BlkRequests.run(bench, BlkSetup.Work.READ.word(), bytes, DEPTH, 1, seconds, sockets)
              .perSecond();
      return ofBytes() ? requests * bytes : requests;
    }
  }
}
