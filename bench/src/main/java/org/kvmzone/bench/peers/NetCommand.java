package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bin/bench net}. */
@Command(
    name = "net",
    description = {
      "Frames between DPDK's virtio-user and a NIC: kvmzone's, beside net_vhost of the same DPDK."
    })
final class NetCommand implements Callable<Integer> {
  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Workbench bench = Workbench.ofProperties();
    List<Backend<NetSetup>> backends =
        options.sides(
            bench,
            at ->
                List.of(
                    new KvmzoneNic(at),
                    new Dpdk(at),
                    Bare.nic(at, Bare.Language.JAVA),
                    Bare.nic(at, Bare.Language.C)));
    List<NetCase> cases =
        NetCases.all().stream()
            .map(setup ->
                new NetCase(
                    setup.name(), setup, NetCases.target(setup), backends, bench, options.seconds))
            .toList();
    return options.run(cases, bench);
  }
}
