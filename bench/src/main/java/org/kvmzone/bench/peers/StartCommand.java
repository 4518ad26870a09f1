package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.kvmzone.bench.peers.NetSetup.Direction;
import org.kvmzone.bench.peers.NetSetup.Poll;
import org.kvmzone.bench.peers.NetSetup.Ring;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bin/bench start}. */
@Command(
    name = "start",
    description = {
      "The first 100 ms of frames after the start of a NIC, beside those that come a second later."
    })
final class StartCommand implements Callable<Integer> {
  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Workbench bench = Workbench.ofProperties();
    List<StartCase> cases = new ArrayList<>();
    for (Backend<NetSetup> backend : List.of(new KvmzoneNic(bench), new Dpdk(bench))) {
      for (Direction direction : Direction.values()) {
        NetSetup setup = new NetSetup(direction, 64, Ring.SPLIT_IN_ORDER, Poll.BUSY);
        cases.add(new StartCase(setup, backend, bench, options.seconds));
      }
    }
    return options.run(cases, bench);
  }
}
