package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bin/bench blk}. */
@Command(
    name = "blk",
    description = {
      "Requests of libblkio's blkio-bench to a disk: kvmzone's, beside qemu-storage-daemon's."
    })
final class BlkCommand implements Callable<Integer> {
  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Workbench bench = Workbench.ofProperties();
    try (Images images = new Images(bench)) {
      List<BlkCase> cases =
          BlkCases.all().stream()
              .map(setup ->
                  new BlkCase(
                      setup,
                      BlkCases.target(setup),
                      options.sides(BlkCases.sides(setup, bench, images)),
                      bench,
                      options.seconds))
              .toList();
      return options.run(cases, bench);
    }
  }
}
