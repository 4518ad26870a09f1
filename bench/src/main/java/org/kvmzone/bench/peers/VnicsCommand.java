package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.kvmzone.bench.peers.NetSetup.Direction;
import org.kvmzone.bench.peers.NetSetup.Poll;
import org.kvmzone.bench.peers.NetSetup.Ring;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bin/bench vnics}. */
@Command(
    name = "vnics",
    description = {"Frames between 64 guests on one etherstub, beside those between two."})
final class VnicsCommand implements Callable<Integer> {
  private static final int MANY = 64;
  private static final int FEW = 2;
  private static final int BYTES = 64;

  /** A frame may cost 1.5 times as much as between two, and should cost 1.2 times at most. */
  private static final Target COST = Target.busy(0.67, 0.83);

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Workbench bench = Workbench.ofProperties();
    List<Backend<NetSetup>> backends =
        options.sides(bench, at -> List.of(KvmzoneNic.vnics(at, MANY), KvmzoneNic.vnics(at, FEW)));
    NetSetup setup = new NetSetup(Direction.GUESTS, BYTES, Ring.SPLIT, Poll.BUSY);
    VnicsCase between =
        new VnicsCase("vnics/" + setup.name(), setup, COST, backends, bench, options.seconds);
    return options.run(List.of(between), bench);
  }
}
