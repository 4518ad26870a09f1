package org.kvmzone.bridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Vmm;

/** C8: areas of requests in flight that are not what they should be. */
class InflightClassTest extends Conformance {
  private static final int AREA_BYTES = 1 << 17;
  private static final long QUEUES = 2;

  @BeforeEach
  void track() {
    echo.trackInFlight();
  }

  private static byte[] area(long size, long offset, long queues, long entries) {
    return FrontEnd.words(size, offset, queues | (entries << 16));
  }

  @Test
  @DisplayName("C8: areas of sizes, places and numbers of queues that cannot be")
  void descriptions() {
    try (GuestRam file = new GuestRam(AREA_BYTES);
        Fd event = Fd.event()) {
      int fd = file.fd().number();
      long[][] wrong = {
        {0, 0, 2},
        {-1, 0, 2},
        {AREA_BYTES + 1, 0, 2},
        {AREA_BYTES, 64, 2},
        {4096, 1, 2},
        {4096, -64, 2},
        {Long.MAX_VALUE, 64, 2},
        {4096, Long.MAX_VALUE - 63, 2},
        {AREA_BYTES, 0, 0},
        {AREA_BYTES, 0, 3},
        {AREA_BYTES, 0, 0xffff},
      };
      for (long[] each : wrong) {
        turnedDown(Request.SET_INFLIGHT_FD, area(each[0], each[1], each[2], 64), fd);
      }
      byte[] honest = area(AREA_BYTES, 0, QUEUES, 64);
      turnedDown(Request.SET_INFLIGHT_FD, honest);
      turnedDown(Request.SET_INFLIGHT_FD, honest, fd, fd);
      turnedDown(Request.SET_INFLIGHT_FD, honest, event.number());
      turnedDown(vmm -> vmm.start(0, RING), Request.SET_INFLIGHT_FD, honest, fd);
      turnedDown(Request.GET_INFLIGHT_FD, area(0, 0, 0, 64));
      turnedDown(Request.GET_INFLIGHT_FD, area(0, 0, 3, 64));
      turnedDown(Request.GET_INFLIGHT_FD, area(0, 0, QUEUES, 64), fd);
    }
  }

  /** What a front end may have written into queue 0's share, as (offset, 16 bits) pairs. */
  private static final int[][] CONTENTS = {
    {8, 7}, // a version that is none
    {8, 1, 14, 40_000}, // used_idx far from the ring's
    {8, 1, 14, 0xfffe, 12, 0x4000}, // last_batch_head outside the ring
    {8, 1, 14, 0xfffc, 12, 3, 16 + 3 * 16 + 6, 3}, // a next that goes round
    {8, 1, 14, 0xfffe, 12, 3, 16 + 3 * 16 + 6, 0xffff}, // a next outside the ring
    {8, 1, 10, 0xffff}, // entries that are not there
  };

  @Test
  @DisplayName("C8: what an area says is not believed")
  void contents() {
    for (int[] pairs : CONTENTS) {
      try (GuestRam file = new GuestRam(AREA_BYTES);
          Vmm vmm = connect()) {
        MemorySegment area = file.at(GuestRam.GUEST_BASE, AREA_BYTES);
        for (int i = 0; i < pairs.length; i += 2) {
          area.set(ValueLayout.JAVA_SHORT, pairs[i], (short) pairs[i + 1]);
        }
        vmm.accepted(Request.SET_INFLIGHT_FD, area(AREA_BYTES, 0, QUEUES, 64), file.fd().number());
        vmm.prepare(0, RING);
        long refused = device.count("refused");
        byte[] enable = FrontEnd.state(0, 1);
        if (vmm.frontEnd().acknowledged(Request.SET_VRING_ENABLE, enable) == 0) {
          vmm.ring(0).echo((byte) 1);
        } else {
          assertThat(device.count("refused")).isEqualTo(refused + 1);
        }
        vmm.start(1, RING).echo((byte) 2);
      }
    }
    assertThat(device.count("refused")).as("areas that were refused").isEqualTo(4);
  }

  @Test
  @DisplayName("C8: heads that are said to be in flight and are not even chains")
  void madeUp() {
    try (GuestRam file = new GuestRam(AREA_BYTES);
        Vmm vmm = connect()) {
      MemorySegment area = file.at(GuestRam.GUEST_BASE, AREA_BYTES);
      area.set(ValueLayout.JAVA_SHORT, 8, (short) 1);
      for (int head = 0; head < RING; head++) {
        area.set(ValueLayout.JAVA_BYTE, 16 + 16L * head, (byte) 1);
      }
      vmm.accepted(Request.SET_INFLIGHT_FD, area(AREA_BYTES, 0, QUEUES, 64), file.fd().number());
      LiveRing ring = vmm.newRing(0, RING);
      ring.driver().descriptor(5, 0xdead_0000L, 16, 0, 0);
      vmm.announce(0, ring, RING, 0);
      vmm.enable(0, true);
      Await.until("the ring is broken", () -> device.count(QueueCounter.BAD_ADDRESS.kstat()) == 1);
      vmm.start(1, RING).echo((byte) 2);
    }
  }

  @Test
  @DisplayName("C8: an area that is cut off under its ring")
  void cutOff() {
    try (GuestRam file = new GuestRam(AREA_BYTES);
        Vmm vmm = connect()) {
      vmm.accepted(Request.SET_INFLIGHT_FD, area(AREA_BYTES, 0, QUEUES, 64), file.fd().number());
      LiveRing ring = vmm.start(0, RING);
      ring.echo((byte) 1);
      Errno.check(Unistd.ftruncate(file.fd().number(), 0), "ftruncate");
      ring.driver().add(vmm.ram().writable(1));
      ring.kick();
      Await.until("the ring is broken", () -> device.count("ringfaults") == 1);
      Errno.check(Unistd.ftruncate(file.fd().number(), AREA_BYTES), "ftruncate");
      assertThat(vmm.frontEnd().ask(Request.GET_STATUS)).isZero();
    }
  }
}
