package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
      List<BlkCase> cases = new ArrayList<>();
      for (BlkSetup setup : BlkCases.all()) {
        cases.add(
            new BlkCase(
                setup.name(),
                setup,
                BlkCases.target(setup),
                options.sides(bench, at -> BlkCases.sides(setup, at, images)),
                bench,
                options.seconds));
      }
      cases.add(watched(bench, images));
      for (BlkSetup setup : BlkCases.ofEngines()) {
        cases.add(
            new BlkCase(
                setup.name() + BlkCases.OF_ENGINES,
                setup,
                Optional.empty(),
                options.sides(bench, at -> BlkCases.engines(setup, at, images)),
                bench,
                options.seconds));
      }
      return options.run(cases, bench);
    }
  }

  /** What it costs to watch every request. */
  private BlkCase watched(Workbench bench, Images images) {
    BlkSetup setup =
        BlkSetup.of(
            BlkSetup.Image.NULL,
            BlkSetup.Work.READ,
            128,
            BlkSetup.Frontend.POLL,
            BlkSetup.Sleep.USUAL);
    return new BlkCase(
        setup.name() + "/watched",
        setup,
        Optional.of(Target.rate(0.6, 0.9)),
        options.sides(
            bench, at -> List.of(KvmzoneDisk.watched(at, images), KvmzoneDisk.plain(at, images))),
        bench,
        options.seconds);
  }
}
