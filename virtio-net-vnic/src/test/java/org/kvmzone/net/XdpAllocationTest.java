package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kvmzone.bridge.device.EventSource;

/** By AF_XDP, too, the data path allocates nothing: from a guest's ring to the link, and back. */
class XdpAllocationTest {
  private static final int BATCH = 100;
  private static final int ROUNDS = 100;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

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
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      long allocated = Long.MAX_VALUE;
      // How soon the compiler is done is not ours to say.
      while (allocated > 0 && System.nanoTime() < end) {
        allocated = 0;
        for (int i = 0; i < ROUNDS; i++) {
          allocated += round(a, b, sources, frames);
        }
      }
      assertThat(allocated).isZero();
    }
  }

  private static long round(Guest a, Guest b, List<EventSource> sources, byte[][] frames) {
    for (byte[] frame : frames) {
      a.queue(frame);
    }
    long before = THREADS.getCurrentThreadAllocatedBytes();
    a.transmit();
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    assertThat(a.sent()).isEqualTo(BATCH);
    for (int arrived = 0; arrived < BATCH; arrived += b.received().size()) {
      before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < sources.size(); i++) {
        int ignored = sources.get(i).poll(BATCH);
      }
      allocated += THREADS.getCurrentThreadAllocatedBytes() - before;
    }
    return allocated;
  }
}
