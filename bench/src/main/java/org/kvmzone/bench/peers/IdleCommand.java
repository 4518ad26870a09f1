package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bin/bench idle}. */
@Command(
    name = "idle",
    description = {"How often threads of connected devices wake while nothing is asked of them."})
final class IdleCommand implements Callable<Integer> {
  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Workbench bench = Workbench.ofProperties();
    return options.run(List.of(new IdleCase(bench)), bench);
  }
}
