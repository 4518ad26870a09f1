package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** VNICs of {@code kvmzone serve} that a TCP stream goes through, with their link protection. */
final class KvmzoneStream implements Backend<Stream> {
  private final Workbench bench;

  KvmzoneStream(Workbench bench) {
    this.bench = bench;
  }

  @Override
  public String name() {
    return "kvmzone";
  }

  @Override
  public Running start(Stream stream, Path directory) throws IOException, InterruptedException {
    List<String> ids = stream == Stream.GUESTS ? List.of("nic0", "nic1") : List.of("nic0");
    List<String> words = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      words.addAll(List.of("--net", spec(ids.get(i), i, stream)));
    }
    List<String> before = stream == Stream.TAP ? TapLink.words() : List.of();
    String frames = stream == Stream.TAP ? "opackets64" : "ipackets64";
    Kvmzone kvmzone = Kvmzone.serve(bench, directory, before, words);
    return new KvmzoneRunning(kvmzone, ids, List.of(frames), KvmzoneNic.DROPS);
  }

  private static String spec(String id, int number, Stream stream) {
    String kind =
        switch (stream) {
          case GUESTS -> "over=stub0,loop=all";
          case TAP -> "kind=tap,ifname=" + TapLink.LINK;
        };
    return "vnic,id=%s,%s,macaddr=%s,ip=%s,netmask=255.255.255.0,%s"
        .formatted(id, kind, Testpmd.mac(number), Testpmd.IP, NetSetup.Poll.BUSY.property());
  }
}
