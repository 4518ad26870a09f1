package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The data path allocates nothing, from one guest's ring to the other's. */
class AllocationTest {
  private static final int BATCH = 100;
  private static final int WARM_UP = 300;
  private static final int ROUNDS = 1000;

  /** What a hundred thousand frames may cost together: the compiler's own doings. */
  private static final long CONSTANT = 4096;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void framesCostNoMemory() {
    String stub = Devices.stubName();
    try (Guest a = new Guest(Devices.a(stub, ",allowed-ips.0=" + Devices.IP_A));
        Guest b = new Guest(Devices.b(stub, ""))) {
      b.offer(Guest.RING, Guest.BUFFER);
      byte[][] frames = new byte[BATCH][];
      Arrays.setAll(frames, i -> TransmitTest.frame(10 * i));
      for (int i = 0; i < WARM_UP; i++) {
        round(a, b, frames);
      }

      long allocated = 0;
      for (int i = 0; i < ROUNDS; i++) {
        allocated += round(a, b, frames);
      }

      assertThat(b.count("ipackets64")).isEqualTo((long) BATCH * (WARM_UP + ROUNDS));
      assertThat(allocated).isLessThan(CONSTANT);
    }
  }

  /** Bytes that the device allocates while it sends these frames. */
  private static long round(Guest a, Guest b, byte[][] frames) {
    for (byte[] frame : frames) {
      a.queue(frame);
    }
    long before = THREADS.getCurrentThreadAllocatedBytes();
    a.transmit();
    long after = THREADS.getCurrentThreadAllocatedBytes();
    assertThat(a.sent()).isEqualTo(BATCH);
    b.received();
    return after - before;
  }
}
