package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.testing.Allocation;

/** By AF_XDP, too, the data path allocates nothing: from a guest's ring to the link, and back. */
class XdpAllocationTest {
  private static final int BATCH = 100;
  private static final int ROUNDS = 100;

  /** Four of a round, as a rule; far less than an object for each frame, of 16 bytes or more. */
  private static final long ENOUGH = ROUNDS * 8 * Allocation.BYTES_PER_SYSTEM_CALL;

  private final NetNamespace namespace = NetNamespace.withTun();

  private Guest guest(String link, String mac) {
    NetConfig config =
        Devices.config(
            "vnic,id=%s,kind=xdp,over=%s,macaddr=%s,allowed-ips.0=%s"
                .formatted(link, link, mac, Devices.IP_A));
    return new Guest(namespace.call(() -> NetDevice.open(config)));
  }

  @Test
  @Timeout(120) // a frame that is lost is waited for
  void framesCostNoMemory() {
    namespace.ipOrSkip("veth", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    for (String end : List.of("v0", "v1")) {
      namespace.ip("link", "set", end, "up", "addrgenmode", "none");
    }
    namespace.awaitRunning("v0");
    byte[][] frames = new byte[BATCH][];
    Arrays.setAll(frames, i -> TransmitTest.frame(10 * i));
    try (namespace;
        Guest a = guest("v0", Devices.MAC_A);
        Guest b = guest("v1", Devices.MAC_B)) {
      b.offer(Guest.RING, Guest.BUFFER);
      List<EventSource> sources = b.device().sources(0);
      long least = Allocation.least(ENOUGH, () -> rounds(a, b, sources, frames));
      assertThat(least).isLessThanOrEqualTo(ENOUGH);
    }
  }

  private static long rounds(Guest a, Guest b, List<EventSource> sources, byte[][] frames) {
    long allocated = 0;
    for (int i = 0; i < ROUNDS; i++) {
      allocated += round(a, b, sources, frames);
    }
    return allocated;
  }

  private static long round(Guest a, Guest b, List<EventSource> sources, byte[][] frames) {
    for (byte[] frame : frames) {
      a.queue(frame);
    }
    long before = Allocation.soFar();
    a.transmit();
    long allocated = Allocation.soFar() - before;
    assertThat(a.sent()).isEqualTo(BATCH);
    for (int arrived = 0; arrived < BATCH; arrived += b.received().size()) {
      before = Allocation.soFar();
      for (int i = 0; i < sources.size(); i++) {
        int ignored = sources.get(i).poll(BATCH);
      }
      allocated += Allocation.soFar() - before;
    }
    return allocated;
  }
}
