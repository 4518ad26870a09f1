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

/** {@code bin/bench net}. */
@Command(
    name = "net",
    description = {
      "Frames between DPDK's virtio-user and a NIC: kvmzone's, beside net_vhost of the same DPDK."
    })
final class NetCommand implements Callable<Integer> {
  private static final int BYTES = 64;

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
    List<Case> cases = new ArrayList<>();
    for (NetSetup setup : NetCases.all()) {
      cases.add(
          new NetCase(
              setup.name(), setup, NetCases.target(setup), backends, bench, options.seconds));
    }
    cases.add(guarded(Direction.SINK, Target.busy(0.93, 0.97), bench));
    cases.add(guarded(Direction.ECHO, Target.rate(0.93, 0.97), bench));
    for (Stream stream : Stream.values()) {
      cases.add(
          new StreamCase(
              stream,
              options.sides(bench, at -> List.of(new KvmzoneStream(at))),
              bench,
              options.seconds));
    }
    return options.run(cases, bench);
  }

  /** What it costs that a guest's frames are judged, counted by flow, and held to a rate. */
  private NetCase guarded(Direction direction, Target target, Workbench bench) {
    NetSetup setup = new NetSetup(direction, BYTES, Ring.SPLIT, Poll.BUSY);
    return new NetCase(
        setup.name() + "/guarded",
        setup,
        Optional.of(target),
        options.sides(bench, at -> List.of(KvmzoneNic.guarded(at), KvmzoneNic.open(at))),
        bench,
        options.seconds);
  }
}
