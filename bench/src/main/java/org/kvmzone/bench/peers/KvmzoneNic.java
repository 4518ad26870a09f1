package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A VNIC of {@code kvmzone serve}, with its link protection: each frame that the front end sends is
 * judged by its addresses.
 */
final class KvmzoneNic implements Backend<NetSetup> {
  /** Counters of frames that should have gone on. */
  static final List<String> DROPS =
      List.of(
          "macspoofed",
          "restricted",
          "ipspoofed",
          "dhcpspoofed",
          "oerrors",
          "txbadhdr",
          "txbadcksum",
          "txbadgso",
          "txrunt",
          "txtoolong",
          "rxtoolong",
          "rxsdrops",
          "flowdrops");

  private static final int ETHERNET_HEADER = 14;
  private static final int USUAL_MTU = 1500;

  /** All that is judged, counted or held back, the cap far above what any core does. */
  private static final String GUARDED = ",maxbw=1000G,flow.bench=transport=udp";

  private static final String OPEN =
      ",mac-nospoof=off,restricted=off,ip-nospoof=off,dhcp-nospoof=off";

  private final Workbench bench;
  private final String name;
  private final int devices;
  private final String properties;

  /** One NIC, as its users start it. */
  KvmzoneNic(Workbench bench) {
    this(bench, 1);
  }

  /** So many NICs in one process, served by one thread. */
  KvmzoneNic(Workbench bench, int devices) {
    this(bench, devices == 1 ? "kvmzone" : "kvmzone-" + devices, devices, "");
  }

  private KvmzoneNic(Workbench bench, String name, int devices, String properties) {
    this.bench = bench;
    this.name = name;
    this.devices = devices;
    this.properties = properties;
  }

  /** So many VNICs of one etherstub, an even number, for {@link NetSetup.Direction#GUESTS}. */
  static KvmzoneNic vnics(Workbench bench, int vnics) {
    return new KvmzoneNic(bench, "kvmzone-" + vnics, vnics / 2, "");
  }

  /** One NIC with link protection, a flow that its frames are of, and a cap that none reaches. */
  static KvmzoneNic guarded(Workbench bench) {
    return new KvmzoneNic(bench, "kvmzone-guarded", 1, GUARDED);
  }

  /** One NIC with none of these: nothing but the counters. */
  static KvmzoneNic open(Workbench bench) {
    return new KvmzoneNic(bench, "kvmzone-open", 1, OPEN);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Running start(NetSetup setup, Path directory) throws IOException, InterruptedException {
    int nics = devices * setup.devices();
    List<String> ids = IntStream.range(0, nics).mapToObj(i -> "nic" + i).toList();
    List<String> words = new ArrayList<>();
    for (int i = 0; i < nics; i++) {
      words.addAll(List.of("--net", spec(ids.get(i), i, setup) + (nics == 1 ? "" : ",loop=all")));
    }
    String frames =
        switch (setup.direction()) {
          case SINK, XDP -> "opackets64";
          case SOURCE, ECHO, GUESTS -> "ipackets64";
        };
    List<String> before =
        setup.direction() == NetSetup.Direction.XDP ? VethPair.words() : List.of();
    Kvmzone kvmzone = Kvmzone.serve(bench, directory, before, words);
    return new KvmzoneRunning(kvmzone, ids, List.of(frames), DROPS);
  }

  private String spec(String id, int number, NetSetup setup) {
    String kind =
        switch (setup.direction()) {
          case SINK -> "kind=discard";
          case SOURCE -> "kind=chargen,frame_size=" + setup.bytes();
          case ECHO -> "kind=echo";
          case GUESTS -> "over=stub0";
          case XDP -> "kind=xdp,over=" + VethPair.LINK;
        };
    String poll = setup.poll().property();
    return "vnic,id=%s,%s,macaddr=%s,ip=%s,netmask=255.255.255.0,mtu=%d%s%s"
        .formatted(
            id,
            kind,
            Testpmd.mac(number),
            Testpmd.IP,
            // testpmd's 1518 bytes have no checksum among them, and no VLAN's tag.
            Math.max(USUAL_MTU, setup.bytes() - ETHERNET_HEADER),
            poll.isEmpty() ? "" : "," + poll,
            properties);
  }
}
