package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.bench.peers.NetSetup.Direction;
import org.kvmzone.bench.peers.NetSetup.Poll;
import org.kvmzone.bench.peers.NetSetup.Ring;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bin/bench first}. */
@Command(
    name = "first",
    description = {
      "The first 100 ms of frames or requests after a back end's start, beside those when it has",
      "settled: kvmzone, and the same of back ends in C."
    })
final class FirstCommand implements Callable<Integer> {
  private static final int BYTES = 64;
  private static final int DEPTH = 128;

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Workbench bench = Workbench.ofProperties();
    List<Case> cases = new ArrayList<>();
    for (Direction direction : Direction.OF_ONE) {
      NetSetup setup = new NetSetup(direction, BYTES, Ring.SPLIT, Poll.BUSY);
      List<String> device = List.of("--net", direction.word(), "--frame", "" + BYTES);
      for (Backend<NetSetup> backend :
          List.of(new KvmzoneNic(bench), new Dpdk(bench), Bare.nic(bench, Bare.Language.C))) {
        cases.add(first(setup.name(), "frames", setup, backend, device, bench));
      }
    }
    try (Images images = new Images(bench)) {
      BlkSetup setup =
          BlkSetup.of(
              BlkSetup.Image.NULL,
              BlkSetup.Work.READ,
              DEPTH,
              BlkSetup.Frontend.POLL,
              BlkSetup.Sleep.USUAL);
      List<String> device = List.of("--blk", "null");
      for (Backend<BlkSetup> backend :
          List.of(
              KvmzoneDisk.plain(bench, images),
              Qsd.plain(images),
              Bare.disk(bench, images, Bare.Language.C))) {
        cases.add(first(setup.name(), "requests", setup, backend, device, bench));
      }
      return options.run(cases, bench);
    }
  }

  private <S> Case first(
      String name, String unit, S setup, Backend<S> backend, List<String> device, Workbench bench) {
    Optional<Target> target =
        backend.name().equals("kvmzone") ? Optional.of(Target.rate(0.8, 1.0)) : Optional.empty();
    return new FirstCase<>(name, unit, setup, backend, device, target, bench, options.seconds);
  }
}
