package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A VNIC of {@code kvmzone serve}, with its link protection: each frame that the front end sends is
 * judged by its addresses.
 */
final class KvmzoneNic implements Backend<NetSetup> {
  private static final String ID = "nic0";

  /** Counters of frames that should have gone on. */
  private static final List<String> DROPS =
      List.of(
          "macspoofed",
          "restricted",
          "ipspoofed",
          "dhcpspoofed",
          "txbadhdr",
          "txrunt",
          "txtoolong",
          "rxtoolong");

  private static final int ETHERNET_HEADER = 14;
  private static final int USUAL_MTU = 1500;

  private final Workbench bench;

  KvmzoneNic(Workbench bench) {
    this.bench = bench;
  }

  @Override
  public String name() {
    return "kvmzone";
  }

  @Override
  public Running start(NetSetup setup, Path directory) throws IOException, InterruptedException {
    Kvmzone kvmzone = Kvmzone.serve(bench, directory, List.of("--net", spec(setup)));
    return new Running() {
      @Override
      public Child child() {
        return kvmzone.child();
      }

      @Override
      public Path socket() {
        return kvmzone.socket(ID);
      }

      @Override
      public Running.Account account() throws IOException {
        return accountOf(kvmzone.counters(ID));
      }

      @Override
      public void close() {
        kvmzone.close();
      }
    };
  }

  static String spec(NetSetup setup) {
    String kind =
        switch (setup.direction()) {
          case SINK -> "kind=discard";
          case SOURCE -> "kind=chargen,frame_size=" + setup.bytes();
          case ECHO -> "kind=echo";
        };
    String poll = setup.poll().property();
    return "vnic,id=%s,%s,macaddr=%s,ip=%s,netmask=255.255.255.0,mtu=%d%s"
        .formatted(
            ID,
            kind,
            Testpmd.MAC,
            Testpmd.IP,
            // testpmd's 1518 bytes have no checksum among them, and no VLAN's tag.
            Math.max(USUAL_MTU, setup.bytes() - ETHERNET_HEADER),
            poll.isEmpty() ? "" : "," + poll);
  }

  private static Running.Account accountOf(Map<String, Long> counters) throws IOException {
    for (String drop : DROPS) {
      long frames = counters.getOrDefault(drop, 0L);
      if (frames > 0) {
        throw new IOException("kvmzone dropped %d frames as %s".formatted(frames, drop));
      }
    }
    Map<String, String> notes = new LinkedHashMap<>();
    counters.forEach((name, value) -> {
      if (value != 0) {
        notes.put(name, value.toString());
      }
    });
    return new Running.Account(OptionalDouble.empty(), notes);
  }
}
