package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** DPDK's net_vhost in testpmd. */
final class Dpdk implements Backend<NetSetup> {
  private final Workbench bench;

  Dpdk(Workbench bench) {
    this.bench = bench;
  }

  @Override
  public String name() {
    return "dpdk";
  }

  @Override
  public Running start(NetSetup setup, Path directory) throws IOException, InterruptedException {
    List<Path> sockets =
        IntStream.range(0, setup.devices())
            .mapToObj(i -> directory.resolve("nic" + i + ".sock"))
            .toList();
    Testpmd testpmd = Testpmd.backend(bench, sockets, setup);
    return new Running() {
      @Override
      public Child child() {
        return testpmd.child();
      }

      @Override
      public List<Path> sockets() {
        return sockets;
      }

      @Override
      public Running.Account account() throws IOException, InterruptedException {
        return new Running.Account(OptionalDouble.of(testpmd.stop()), Map.of());
      }

      @Override
      public void close() {
        testpmd.close();
      }
    };
  }
}
