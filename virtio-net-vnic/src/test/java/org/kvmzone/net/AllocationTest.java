package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The data path allocates nothing, from one guest's ring to the other's. */
class AllocationTest {
  private static final int BATCH = 100;
  private static final int ROUNDS = 100;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void framesCostNoMemory() {
    String stub = Devices.stubName();
    try (Guest a = new Guest(Devices.a(stub, ",allowed-ips.0=" + Devices.IP_A));
        Guest b = new Guest(Devices.b(stub, ""))) {
      b.offer(Guest.RING, Guest.BUFFER);
      byte[][] frames = new byte[BATCH][];
      Arrays.setAll(frames, i -> TransmitTest.frame(10 * i));
      assertThat(leastAllocated(a, b, frames)).isZero();
    }
  }

  /**
   * What {@link #ROUNDS} rounds allocate. How soon the compiler is done is not ours to say: they
   * are repeated until it is nothing, or patience ends.
   */
  private static long leastAllocated(Guest a, Guest b, byte[][] frames) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    long allocated = Long.MAX_VALUE;
    for (long sent = 0; allocated > 0 && System.nanoTime() < end; ) {
      allocated = 0;
      for (int i = 0; i < ROUNDS; i++) {
        allocated += round(a, b, frames);
      }
      sent += (long) BATCH * ROUNDS;
      assertThat(b.count("ipackets64")).isEqualTo(sent);
    }
    return allocated;
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
