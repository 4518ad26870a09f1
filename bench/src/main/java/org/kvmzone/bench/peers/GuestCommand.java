package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.kvmzone.bench.peers.GuestCase.Way;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bin/bench guest}. */
@Command(
    name = "guest",
    description = {
      "TCP between a Linux guest in a QEMU without KVM and the host, over a tap, both ways, by",
      "iperf3: kvmzone serve beside QEMU's own tap; and passt, which uses no tap, for information."
    })
final class GuestCommand implements Callable<Integer> {
  private static final int SECONDS = 5;

  @Mixin private RunOptions options = new RunOptions(SECONDS);

  @Override
  public Integer call() throws IOException, InterruptedException {
    Workbench bench = Workbench.ofProperties();
    List<GuestNic> nics = options.sides(bench, GuestCommand::nics, GuestNic::before);
    List<GuestCase> cases = new ArrayList<>();
    for (GuestQemu qemu : GuestQemu.found(bench)) {
      for (Way way : Way.values()) {
        cases.add(new GuestCase(way, qemu, nics, bench, options.seconds));
      }
    }
    return options.run(cases, bench);
  }

  private static List<GuestNic> nics(Workbench bench) {
    List<GuestNic> all = new ArrayList<>(List.of(new KvmzoneTap(bench)));
    all.addAll(QemuTap.all());
    all.add(new Passt(bench));
    return all;
  }
}
