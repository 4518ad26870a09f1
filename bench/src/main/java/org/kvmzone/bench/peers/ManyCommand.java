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

/** {@code bin/bench many}. */
@Command(
    name = "many",
    description = {
      "Frames to and from 16 NICs of one process that share one thread, beside those of one NIC."
    })
final class ManyCommand implements Callable<Integer> {
  private static final int DEVICES = 16;
  private static final int BYTES = 64;

  /** A frame may cost 1.3 times as much as with one device, and should cost 1.1 times at most. */
  private static final Target COST = Target.busy(0.77, 0.91);

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Workbench bench = Workbench.ofProperties();
    List<Backend<NetSetup>> backends =
        options.sides(bench, at -> List.of(new KvmzoneNic(at, DEVICES), new KvmzoneNic(at)));
    List<NetCase> cases = new ArrayList<>();
    for (Direction direction : Direction.OF_ONE) {
      for (Ring ring : List.of(Ring.SPLIT, Ring.PACKED)) {
        NetSetup setup = new NetSetup(direction, BYTES, ring, Poll.BUSY);
        cases.add(
            new NetCase(
                "many/" + setup.name(),
                setup,
                Optional.of(COST),
                backends,
                bench,
                options.seconds));
      }
    }
    return options.run(cases, bench);
  }
}
