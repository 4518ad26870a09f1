package org.kvmzone.bridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysMman;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Vmm;

/** The classes of bugs (vhost-user.md §5.1) that a front end causes, each with whole sessions. */
class MessageClassesTest extends Conformance {
  private static final int PAGE = 4096;
  private static final long FREE = 0x9_0000_0000L;
  private static final long FREE_USER = 0x7e00_0000_0000L;

  @Test
  @DisplayName("C7: sizes that no ring has, rings that the device does not have")
  void c7() {
    // What only rings of the other layout may have is turned down at the start: RingLayoutTest.
    for (int size : new int[] {0, 32769, 65535, 65536, 1 << 30, -1}) {
      turnedDown(vmm -> vmm.stop(0), Request.SET_VRING_NUM, FrontEnd.state(0, size));
    }
    for (int size : new int[] {3, 63}) { // of a packed ring perhaps
      try (Vmm vmm = connect()) {
        vmm.prepare(0, RING);
        vmm.accepted(Request.SET_VRING_NUM, FrontEnd.state(0, size));
        byte[] enable = FrontEnd.state(0, 1);
        assertThat(vmm.frontEnd().acknowledged(Request.SET_VRING_ENABLE, enable)).isEqualTo(1);
      }
      device.awaitEnd();
    }
    for (int ring : new int[] {2, 255, 256, 0x10000, -1}) {
      for (int request :
          new int[] {
            Request.SET_VRING_NUM,
            Request.SET_VRING_BASE,
            Request.GET_VRING_BASE,
            Request.SET_VRING_ENABLE
          }) {
        turnedDown(request, FrontEnd.state(ring, 1));
      }
      turnedDown(Request.SET_VRING_ADDR, FrontEnd.words(ring & 0xffff_ffffL, 0, 0, 0, 0));
    }
    try (Fd file = Fd.event()) {
      for (int request :
          new int[] {Request.SET_VRING_KICK, Request.SET_VRING_CALL, Request.SET_VRING_ERR}) {
        turnedDown(request, FrontEnd.words(2), file.number());
        turnedDown(request, FrontEnd.words(255), file.number());
      }
    }
    turnedDown(vmm -> vmm.start(0, RING), Request.SET_VRING_NUM, FrontEnd.state(0, 2 * RING));
  }

  @Test
  @DisplayName("C9: memory regions that wrap, overlap, are too many, or have no memory behind them")
  void c9() {
    try (Fd file = memory(16 * PAGE);
        Fd readOnly = Fd.open("/proc/self/fd/" + file.number(), Fcntl.O_RDONLY);
        Fd event = Fd.event()) {
      long base = GuestRam.GUEST_BASE;
      long[][] regions = {
        {FREE, 0, FREE_USER, 0},
        {FREE, -1, FREE_USER, 0},
        {FREE, PAGE, FREE_USER, -1},
        {FREE, PAGE, FREE_USER, Long.MAX_VALUE},
        {FREE, Long.MAX_VALUE, FREE_USER, PAGE},
        {FREE, 17 * PAGE, FREE_USER, 0},
        {FREE, PAGE, FREE_USER, 16 * PAGE},
        {-PAGE, 2 * PAGE, FREE_USER, 0},
        {FREE, 2 * PAGE, -PAGE, 0},
        {base, PAGE, FREE_USER, 0},
        {base - PAGE, 2 * PAGE, FREE_USER, 0},
        {FREE, PAGE, GuestRam.USER_BASE + PAGE, 0},
      };
      for (long[] region : regions) {
        byte[] payload = FrontEnd.words(0, region[0], region[1], region[2], region[3]);
        turnedDown(Request.ADD_MEM_REG, payload, file.number());
        payload = FrontEnd.words(1, region[0], region[1], region[2], region[3]);
        if (Long.compareUnsigned(region[0] - base, 8 << 20) >= 0
            && region[0] != base - PAGE
            && region[2] == FREE_USER) {
          turnedDown(Request.SET_MEM_TABLE, payload, file.number());
        }
      }
      byte[] honest = FrontEnd.words(0, FREE, PAGE, FREE_USER, 0);
      turnedDown(Request.ADD_MEM_REG, honest);
      turnedDown(Request.ADD_MEM_REG, honest, readOnly.number());
      turnedDown(Request.ADD_MEM_REG, honest, event.number());
      turnedDown(Request.ADD_MEM_REG, honest, file.number(), file.number());
      turnedDown(Request.SET_MEM_TABLE, FrontEnd.words(Arrays.copyOf(new long[] {9}, 1 + 9 * 4)));
      turnedDown(Request.SET_MEM_TABLE, FrontEnd.words(-1));
    }
  }

  @Test
  @DisplayName("C9: as many memory regions as were announced, and one more")
  void c9Slots() {
    try (Fd file = memory(PAGE);
        Vmm vmm = connect()) {
      long slots = vmm.frontEnd().ask(Request.GET_MAX_MEM_SLOTS);
      for (long i = 1; i < slots; i++) { // one is there
        long offset = i * PAGE;
        vmm.accepted(
            Request.ADD_MEM_REG,
            FrontEnd.words(0, FREE + offset, PAGE, FREE_USER + offset, 0),
            file.number());
      }
      vmm.start(0, RING).echo((byte) 1);
      byte[] one = FrontEnd.words(0, FREE, PAGE, FREE_USER, 0);
      assertThat(vmm.frontEnd().acknowledged(Request.ADD_MEM_REG, one, file.number())).isEqualTo(1);
      vmm.ring(0).echo((byte) 2);
    }
  }

  @Test
  @DisplayName("C11: configuration bytes beyond the space, none at all, and those not the driver's")
  void c11() {
    long[][] ranges = {{0, 0}, {0, 257}, {256, 1}, {255, 2}, {200, 57}, {-1, 1}, {-1, 2}, {1, -1}};
    for (long[] range : ranges) {
      byte[] payload = FrontEnd.words(Integer.toUnsignedLong((int) range[0]) | (range[1] << 32), 0);
      turnedDown(Request.GET_CONFIG, payload);
      turnedDown(Request.SET_CONFIG, payload);
    }
    turnedDown(Request.GET_CONFIG, new byte[11]);
    turnedDown(Request.SET_CONFIG, Arrays.copyOf(FrontEnd.words(4L << 32, 0), 12 + 3));
    turnedDown(Request.SET_CONFIG, Arrays.copyOf(FrontEnd.words(4L << 32, 0), 12 + 5));
    for (long flags = 0; flags <= 1; flags++) {
      turnedDown(Request.SET_CONFIG, Arrays.copyOf(FrontEnd.words(3 | (1L << 32), flags), 13));
    }
  }

  @Test
  @DisplayName("C14: features that were not offered")
  void c14() {
    long offered;
    try (Vmm vmm = connect()) {
      offered = vmm.frontEnd().ask(Request.GET_FEATURES);
    }
    for (int bit = 0; bit < 64; bit++) {
      if (((offered >>> bit) & 1) == 0) {
        turnedDown(Request.SET_FEATURES, FrontEnd.words(FEATURES | (1L << bit)));
      }
    }
  }

  private static Fd memory(long size) {
    try (Arena arena = Arena.ofConfined()) {
      Fd file = new Fd(SysMman.memfdCreate(arena.allocateFrom("more"), SysMman.MFD_CLOEXEC));
      Errno.check(Unistd.ftruncate(file.number(), size), "ftruncate");
      return file;
    }
  }
}
