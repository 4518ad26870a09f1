package org.kvmzone.bridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Vmm;
import org.kvmzone.bridge.vhostuser.Connector;
import org.kvmzone.bridge.virtqueue.Features;

/**
 * What front ends do that a back end does not expect (vhost-user.md §1.8). T4 has a class of its
 * own; T15 and T16 are about disks, T17 to T19 about QEMU's command line and a guest's.
 */
class TrapsTest extends Conformance {
  @TempDir private Path directory;

  @Test
  @DisplayName("T1: a ring larger than any that was spoken of")
  void t1() {
    for (int size : new int[] {256, 1024, 32768}) {
      try (Vmm vmm = new Vmm(device.connect(), new GuestRam(16 << 20))) {
        vmm.negotiate(FEATURES);
        vmm.shareMemory();
        LiveRing ring = vmm.start(0, size);
        echo.hang(true);
        int served = echo.served();
        Piece nothing = vmm.ram().writable(1);
        for (int i = 0; i < size; i++) {
          ring.driver().add(nothing);
        }
        ring.kick();
        Await.until("all in flight", () -> echo.served() == served + size);
        echo.hang(false);
        for (int i = 0; i < size; i++) {
          ring.await();
        }
        assertThat(vmm.stop(0)).isEqualTo(size & 0xffff);
      }
    }
  }

  @Test
  @DisplayName("T2: rings that are enabled and never set up, or whose addresses are of before")
  void t2() {
    try (Vmm vmm = connect()) {
      vmm.enable(1, true);
      LiveRing ring = vmm.start(0, RING);
      ring.echo((byte) 1);
      vmm.stop(0);
      int served = echo.served();
      ring.driver().add(vmm.ram().writable(1));
      ring.kick();
      vmm.frontEnd()
          .send(
              Request.SET_VRING_KICK,
              FrontEnd.VERSION,
              FrontEnd.words(0),
              ring.files().kick().number());
      vmm.enable(0, true);
      assertThat(echo.served()).as("served by addresses of before").isEqualTo(served);
      vmm.frontEnd().send(Request.SET_VRING_ADDR, FrontEnd.VERSION, vmm.addresses(0, ring));
      ring.await();

      vmm.accepted(Request.REM_MEM_REG, Vmm.region(vmm.ram()));
      ring.driver().add(vmm.ram().writable(1));
      ring.kick();
      vmm.frontEnd().ask(Request.GET_STATUS);
      assertThat(ring.driver().hasUsed()).as("served without memory").isFalse();
      vmm.shareMemory();
      ring.await();
    }
  }

  @Test
  @DisplayName("T3: status 0 before the rings are stopped")
  void t3() {
    try (Vmm vmm = connect()) {
      LiveRing ring = vmm.start(0, RING);
      for (byte i = 0; i < 3; i++) {
        ring.echo(i);
      }
      vmm.frontEnd().send(Request.SET_STATUS, 0);
      ring.echo((byte) 3);
      vmm.enable(0, false);
      assertThat(vmm.stop(0)).isEqualTo(4);
    }
  }

  @Test
  @DisplayName("T5: a ring beyond the first, without multiqueue")
  void t5() {
    try (Vmm vmm = new Vmm(device.connect())) {
      vmm.frontEnd().send(Request.SET_PROTOCOL_FEATURES, Vmm.PROTOCOL & ~1L);
      vmm.frontEnd().send(Request.SET_FEATURES, FEATURES);
      vmm.shareMemory();
      vmm.start(1, RING).echo((byte) 1);
    }
  }

  @Test
  @DisplayName("T6: memory that is replaced while requests are in flight")
  void t6() {
    try (Vmm vmm = connect()) {
      LiveRing ring = vmm.start(0, RING);
      for (int request : new int[] {Request.SET_MEM_TABLE, Request.REM_MEM_REG}) {
        echo.hang(true);
        int served = echo.served();
        ring.driver().add(vmm.ram().readable((byte) 1), vmm.ram().writable(1));
        ring.kick();
        Await.until("it is in flight", () -> echo.served() == served + 1);
        CompletableFuture<Void> replaced =
            CompletableFuture.runAsync(
                () -> vmm.accepted(request, table(vmm, request), files(vmm, request)),
                task -> Thread.ofPlatform().start(task));
        neighbour.answers(100);
        echo.hang(false);
        replaced.join();
        vmm.shareMemory();
        ring.await();
        ring.echo((byte) 2);
      }
      // A region that begins within its file, and is no whole number of pages.
      vmm.stop(0);
      vmm.accepted(Request.REM_MEM_REG, Vmm.region(vmm.ram()));
      long offset = 2 * 4096;
      long size = (1 << 20) - 123;
      vmm.accepted(
          Request.ADD_MEM_REG,
          FrontEnd.words(
              0, GuestRam.GUEST_BASE + offset, size, GuestRam.USER_BASE + offset, offset),
          vmm.ram().fd().number());
      vmm.ram().allocate(1 << 16, 16);
      vmm.start(0, RING).echo((byte) 3);
    }
  }

  private static byte[] table(Vmm vmm, int request) {
    byte[] payload = Vmm.region(vmm.ram());
    payload[0] = (byte) (request == Request.SET_MEM_TABLE ? 1 : 0); // regions in the table
    return payload;
  }

  private static int[] files(Vmm vmm, int request) {
    return request == Request.SET_MEM_TABLE ? new int[] {vmm.ram().fd().number()} : new int[0];
  }

  @Test
  @DisplayName("T7: a driver that sleeps until it is interrupted, with event indices")
  void t7() {
    try (Vmm vmm = Vmm.connected(device, FEATURES | Features.EVENT_IDX)) {
      LiveRing ring = vmm.start(0, RING);
      Piece nothing = vmm.ram().writable(1);
      for (int i = 0; i < 2000; i++) {
        DriverRing driver = ring.driver();
        driver.usedEvent(driver.usedSeen());
        driver.add(nothing);
        // The device's wish is looked at when it can see what is there (virtio 1.3 §2.7.13.4.1).
        VarHandle.fullFence();
        if (((driver.availableEvent() + 1) & 0xffff) == driver.availableSoFar()) {
          ring.kick();
        }
        Await.until("an interrupt", ring::interrupted);
        ring.await();
      }
    }
  }

  @Test
  @DisplayName("T8: rings that were kicked before they were started, or never")
  void t8() {
    for (boolean kicked : new boolean[] {false, true}) {
      try (Vmm vmm = connect()) {
        LiveRing ring = vmm.prepare(0, RING);
        ring.driver().add(vmm.ram().writable(1));
        if (kicked) {
          ring.kick();
        }
        vmm.enable(0, true);
        ring.await();
      }
    }
  }

  @Test
  @DisplayName("T9: front ends that go on from what was available, or from what was used")
  void t9() {
    for (boolean fromUsed : new boolean[] {false, true}) {
      try (Vmm vmm = connect()) {
        LiveRing ring = vmm.start(0, RING);
        ring.echo((byte) 1);
        vmm.enable(0, false);
        Piece forgotten = vmm.ram().writable(1);
        int head = ring.driver().add(forgotten);
        vmm.stop(0);
        DriverRing driver = ring.driver();
        vmm.announce(0, ring, RING, fromUsed ? driver.usedSeen() : driver.availableSoFar());
        vmm.enable(0, true);
        if (fromUsed) {
          assertThat(ring.await().head()).isEqualTo(head);
        }
        ring.echo((byte) 2);
      }
    }
  }

  @Test
  @DisplayName("T10: requests that hang do not keep the front end waiting")
  void t10() {
    Vmm vmm = connect();
    LiveRing ring = vmm.start(0, RING);
    echo.hang(true);
    int served = echo.served();
    ring.driver().add(vmm.ram().writable(1));
    ring.kick();
    Await.until("it is in flight", () -> echo.served() == served + 1);
    long broken = device.count("broken");
    long answered =
        neighbour.during(() -> {
          vmm.frontEnd().send(Request.GET_VRING_BASE, FrontEnd.VERSION, FrontEnd.state(0, 0));
          assertThat(vmm.frontEnd().isClosed()).isTrue();
        });
    assertThat(answered).as("the neighbour's answers meanwhile").isGreaterThan(100);
    assertThat(device.count("broken")).isEqualTo(broken + 1);
    vmm.close();
    device.awaitEnd();
    echo.hang(false);
  }

  @Test
  @DisplayName("T11: a front end that closes each connection at once is not flooded with more")
  void t11() throws IOException {
    Path path = directory.resolve("vhost.sock");
    try (Fd listening = UnixSockets.listen(path);
        Connector connector = new Connector("echo0", path, device::newSession)) {
      connector.start();
      long begun = System.nanoTime();
      for (int i = 0; i < 6; i++) {
        new Fd(UnixSockets.accept(listening)).close();
      }
      assertThat(System.nanoTime() - begun).as("nanoseconds").isGreaterThan(300_000_000);
      try (Vmm vmm = new Vmm(new FrontEnd(new Fd(UnixSockets.accept(listening))))) {
        vmm.negotiate(FEATURES);
        vmm.shareMemory();
        vmm.start(0, RING).echo((byte) 1);
      }
    }
  }

  @Test
  @DisplayName("T12: a guest whose memory is not shared")
  void t12() {
    turnedDown(Request.ADD_MEM_REG, FrontEnd.words(0, 0, 4096, 0, 0));
    try (Vmm vmm = new Vmm(device.connect())) {
      vmm.negotiate(FEATURES);
      vmm.accepted(Request.SET_MEM_TABLE, FrontEnd.words(0));
      LiveRing ring = vmm.start(0, RING);
      ring.driver().add(vmm.ram().writable(1));
      ring.kick();
      vmm.frontEnd().ask(Request.GET_STATUS);
      assertThat(ring.driver().hasUsed()).isFalse();
      vmm.shareMemory();
      ring.await();
    }
  }

  @Test
  @DisplayName("T13: one answer where one is due, none elsewhere, whatever the order")
  void t13() {
    long seed = Long.getLong("kvmzone.seed", 13);
    SplittableRandom random = new SplittableRandom(seed);
    int[] questions = {Request.GET_FEATURES, Request.GET_STATUS, Request.GET_QUEUE_NUM};
    try (Vmm vmm = connect()) {
      FrontEnd frontEnd = vmm.frontEnd();
      boolean acknowledges = true;
      for (int i = 0; i < 2000; i++) {
        boolean need = random.nextBoolean();
        int flags = FrontEnd.VERSION | (need ? FrontEnd.NEED_REPLY : 0);
        if (random.nextBoolean()) {
          int question = questions[random.nextInt(questions.length)];
          frontEnd.send(question, flags, new byte[0]);
          assertThat(frontEnd.reply(question)).as("seed %d", seed).hasSize(8);
        } else if (random.nextInt(50) == 0) {
          acknowledges = random.nextBoolean();
          frontEnd.send(
              Request.SET_PROTOCOL_FEATURES, acknowledges ? Vmm.PROTOCOL : Vmm.PROTOCOL & ~8L);
        } else {
          frontEnd.send(Request.SET_STATUS, flags, FrontEnd.words(random.nextInt(256)));
          if (need && acknowledges) {
            assertThat(frontEnd.reply(Request.SET_STATUS)).hasSize(8).containsOnly(0);
          }
        }
      }
    }
  }

  @Test
  @DisplayName("T14: a guest that boots again with a driver of other features")
  void t14() {
    long[] drivers = {
      FEATURES | Features.EVENT_IDX, Vmm.PLAIN, FEATURES, Vmm.PLAIN | Features.EVENT_IDX
    };
    try (Vmm vmm = connect()) {
      for (long features : drivers) {
        vmm.negotiate(features);
        LiveRing ring = vmm.start(0, RING);
        for (byte i = 0; i < 3; i++) {
          ring.driver().usedEvent(ring.driver().usedSeen());
          ring.echo(i);
          Await.until("an interrupt", ring::interrupted);
        }
        assertThat(echo.negotiatedFeatures()).isEqualTo(features);
        boolean events = (features & Features.EVENT_IDX) != 0;
        Await.until("a wish for kicks", () -> ring.driver().availableEvent() == (events ? 3 : 0));
        vmm.stop(0);
      }
    }
  }
}
