package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.system.Devices.Hosting;

/**
 * A guest by AF_XDP on one end of a veth pair, the host at the other: TCP arrives whole both ways,
 * though the host leaves its checksums to a card that is none.
 */
final class XdpIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int BYTES = 8 << 20;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"STOCK,1,copy", "TEN,1,copy", "TEN,2,auto", "TEN,1,generic"})
  void guest_reachesTheOtherEnd(QemuVersion version, int queues, String mode) throws IOException {
    assertReaches("kind=xdp,over=kvmv0", version, queues, mode, 1500);
  }

  @ParameterizedTest
  @CsvSource({"STOCK,1,copy", "TEN,1,generic"})
  void guest_reachesTheOtherEnd_byJumboFrames(QemuVersion version, int queues, String mode)
      throws IOException {
    assumeMultiBuffer();
    assertReaches("kind=xdp,over=kvmv0", version, queues, mode, 9000);
  }

  /** What the guest leaves undone, an etherstub finishes before it leaves by such an uplink. */
  @ParameterizedTest
  @CsvSource({"STOCK,1,auto", "TEN,2,copy", "TEN,1,generic"})
  void guestOfASwitch_reachesTheOtherEnd(QemuVersion version, int queues, String mode)
      throws IOException {
    assertReaches("over=stub0,uplink=xdp:kvmv0", version, queues, mode, 1500);
  }

  @ParameterizedTest
  @CsvSource({"STOCK,1,auto", "TEN,2,copy"})
  void guestOfASwitch_reachesTheOtherEnd_byJumboFrames(QemuVersion version, int queues, String mode)
      throws IOException {
    assumeMultiBuffer();
    assertReaches("over=stub0,uplink=xdp:kvmv0", version, queues, mode, 9000);
  }

  private static void assumeMultiBuffer() {
    List<Integer> version =
        Pattern.compile("[.-]")
            .splitAsStream(System.getProperty("os.version"))
            .limit(2)
            .map(Integer::valueOf)
            .toList();
    assumeTrue(
        version.getFirst() > 6 || (version.getFirst() == 6 && version.getLast() >= 6),
        "Linux before 6.6 has no AF_XDP multi-buffer: jumbo frames are not tested");
  }

  private void assertReaches(String link, QemuVersion version, int queues, String mode, int mtu)
      throws IOException {
    TapNamespace.assumePossible(directory);
    try (Devices devices =
            new Devices(Hosting.IN_QEMU, directory, queues)
                .net(
                    "vnic,id=net0,%s,macaddr=02:08:20:00:00:02,ip=10.89.0.10,netmask=255.255.255.0,xdp=%s,mtu=%d"
                        .formatted(link, mode, mtu))
                .start();
        Qemu qemu = Qemu.start(directory, inNamespace(version, queues, mode, mtu, devices))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      guest.lease("eth0");
      guest.run("ip link set eth0 mtu " + mtu);
      guest.run("ping -c 2 -i 0.2 -s %d 10.89.0.1".formatted(mtu - 28));
      assertNone(guest, "Ip", "ReasmReqds|FragCreates");
      send(guest, "5201");
      send(guest, "5202 -R");
      assertNone(guest, "Tcp", "InErrs|InCsumErrors");
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  /**
   * The other end serves iperf3. That its frames fit is veth's business, but for the generic mode,
   * of which it does not know.
   */
  private static Qemu.Launch inNamespace(
      QemuVersion version, int queues, String mode, int mtu, Devices devices) {
    String segments = mode.equals("generic") ? " gso_max_segs 1" : "";
    Qemu.Launch qemu = new Qemu.ByHand(version, queues, devices.arguments(version));
    String ends = "numrxqueues %d numtxqueues %d".formatted(queues, queues);
    String pair =
        ("ip link add kvmv0 %s type veth peer name kvmv1 %s; ip addr add 10.89.0.1/24 dev kvmv1;"
                + " ip link set kvmv0 mtu %d up; ip link set kvmv1%s mtu %d up; "
                + TapNamespace.SERVE_IPERF3)
            .formatted(ends, ends, mtu, segments, mtu);
    return TapNamespace.launch(pair, qemu);
  }

  private static void send(Guest guest, String port) {
    String order = "iperf3 -c 10.89.0.1 -n %d -p %s".formatted(BYTES, port);
    assertThat(guest.run(order, PATIENCE)).contains("receiver");
  }

  /** Counters of a protocol's are all 0. */
  private static void assertNone(Guest guest, String protocol, String counters) {
    // The names, and below them the values.
    String values =
        ("awk '/^%s:/ { if (!n) { for (i = 1; i <= NF; i++) name[i] = $i; n = 1 } else"
                + " for (i = 1; i <= NF; i++) if (name[i] ~ /%s/) print $i }' /proc/net/snmp")
            .formatted(protocol, counters);
    assertThat(guest.run(values).lines()).as(protocol + " " + counters).containsOnly("0");
  }
}
