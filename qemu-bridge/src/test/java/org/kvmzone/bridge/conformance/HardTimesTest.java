package org.kvmzone.bridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Resources;
import org.kvmzone.bridge.testing.Vmm;
import org.kvmzone.bridge.vhostuser.Listener;

/** Front ends that are slow, silent, deaf, or very many; rings that are never left in peace. */
class HardTimesTest extends Conformance {
  private static final int CONNECTS = Integer.getInteger("kvmzone.connects", 1000);
  private static final int REMAPS = Integer.getInteger("kvmzone.remaps", 300);
  private static final long RSS_SLACK = 48 << 20;

  @TempDir private Path directory;

  @Test
  void slowFrontEnd_isServedByteByByte() {
    try (FrontEnd frontEnd = device.connect()) {
      for (int i = 0; i < 5; i++) {
        byte[] message =
            ByteBuffer.allocate(12)
                .order(ByteOrder.nativeOrder())
                .putInt(Request.GET_FEATURES)
                .putInt(FrontEnd.VERSION)
                .array();
        for (byte each : message) {
          frontEnd.sendRaw(new byte[] {each});
          neighbour.answers(5);
        }
        assertThat(frontEnd.reply(Request.GET_FEATURES)).hasSize(8);
      }
    }
  }

  @Test
  void silentFrontEnd_isEndedFromOutside() {
    try (FrontEnd frontEnd = device.connect()) {
      frontEnd.sendRaw(new byte[] {1, 0, 0});
      neighbour.answers(100);
      device.endSession();
      device.awaitEnd();
      assertThat(frontEnd.isClosed()).isTrue();
    }
  }

  @Test
  void deafFrontEnd_fillsItsSocket_andDisturbsNobody() {
    FrontEnd frontEnd = device.connect();
    byte[] question = Arrays.copyOf(FrontEnd.words(256L << 32, 0), 12 + 256);
    CompletableFuture<Void> asking =
        CompletableFuture.runAsync(
            () -> {
              while (true) { // until it fails
                frontEnd.send(Request.GET_CONFIG, FrontEnd.VERSION, question);
              }
            },
            task -> Thread.ofPlatform().start(task));
    long before;
    do {
      before = device.count("messages");
      neighbour.answers(500);
    } while (before < 10 || device.count("messages") > before);
    assertThat(asking).as("the socket is full").isNotDone();
    device.endSession();
    device.awaitEnd();
    Await.until("the front end notices", asking::isCompletedExceptionally);
    frontEnd.close();
  }

  @Test
  void thousandsOfConnections_leaveNothing() throws IOException {
    Path path = directory.resolve("vhost.sock");
    try (GuestRam ram = new GuestRam(1 << 20);
        Listener listener = new Listener("echo0", path, device::newSession)) {
      listener.start();
      visit(path, ram, CONNECTS / 4); // what is allocated once
      Resources before = Resources.settled();
      long memory = residentBytes();
      visit(path, ram, CONNECTS);
      before.awaitBack();
      assertThat(residentBytes() - memory).as("growth in bytes").isLessThan(RSS_SLACK);
    }
  }

  /** Front ends that go at every stage of their start, one after the other. */
  private void visit(Path path, GuestRam ram, int times) {
    try (LiveRing ring = new LiveRing(ram, RING)) {
      for (int i = 0; i < times; i++) {
        long connects = device.count("connects");
        try (FrontEnd frontEnd = new FrontEnd(new Fd(UnixSockets.connect(path)))) {
          visit(frontEnd, ram, ring, i % 8);
        }
        Await.until(
            "its end is noticed",
            () -> device.count("connects") > connects && !device.isConnected());
      }
    }
  }

  private static void visit(FrontEnd frontEnd, GuestRam ram, LiveRing ring, int stage) {
    if (stage == 0) {
      return;
    }
    frontEnd.sendRaw(new byte[] {1, 0, 0, 0, 1}); // not yet all of GET_FEATURES
    if (stage == 1) {
      return;
    }
    frontEnd.sendRaw(new byte[7]);
    frontEnd.reply(Request.GET_FEATURES);
    frontEnd.send(Request.SET_PROTOCOL_FEATURES, Vmm.PROTOCOL);
    frontEnd.acknowledged(Request.ADD_MEM_REG, Vmm.region(ram), ram.fd().number());
    if (stage > 2) {
      run(frontEnd, ram, ring);
    }
  }

  private static void run(FrontEnd frontEnd, GuestRam ram, LiveRing ring) {
    int used = ring.driver().usedSeen();
    frontEnd.send(Request.SET_FEATURES, FEATURES);
    for (int request : new int[] {Request.SET_VRING_NUM, Request.SET_VRING_BASE}) {
      int value = request == Request.SET_VRING_NUM ? RING : used;
      frontEnd.send(request, FrontEnd.VERSION, FrontEnd.state(0, value));
    }
    frontEnd.send(
        Request.SET_VRING_ADDR,
        0,
        ram.userAddress(ring.driver().descriptorsAt()),
        ram.userAddress(ring.driver().usedAt()),
        ram.userAddress(ring.driver().availableAt()),
        0);
    frontEnd.send(
        Request.SET_VRING_KICK, FrontEnd.VERSION, FrontEnd.words(0), ring.files().kick().number());
    frontEnd.acknowledged(Request.SET_VRING_ENABLE, FrontEnd.state(0, 1));
    ring.echo((byte) used);
  }

  private static long residentBytes() throws IOException {
    System.gc();
    String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1);
    return Long.parseLong(pages[1]) * 4096;
  }

  @Test
  @DisplayName("C17: stop, start and remap while requests run")
  void c17() {
    try (Vmm vmm = connect();
        GuestRam more = new GuestRam(1 << 16, 0x9_0000_0000L, 0x7e00_0000_0000L)) {
      LiveRing[] rings = {vmm.start(0, RING), vmm.start(1, RING)};
      AtomicBoolean over = new AtomicBoolean();
      CompletableFuture<?>[] drivers =
          Arrays.stream(rings)
              .map(ring ->
                  CompletableFuture.runAsync(
                      () -> drive(ring, over), task -> Thread.ofPlatform().start(task)))
              .toArray(CompletableFuture[]::new);
      for (int round = 0; round < REMAPS; round++) {
        int index = round & 1;
        vmm.accepted(Request.ADD_MEM_REG, Vmm.region(more), more.fd().number());
        int next = vmm.stop(index);
        vmm.accepted(Request.REM_MEM_REG, Vmm.region(more));
        vmm.announce(index, rings[index], RING, next);
        vmm.frontEnd()
            .send(
                Request.SET_VRING_ADDR,
                FrontEnd.VERSION,
                vmm.addresses(1 - index, rings[1 - index]));
        vmm.enable(1 - index, round % 3 > 0);
        vmm.enable(1 - index, true);
      }
      over.set(true);
      CompletableFuture.allOf(drivers).join();
    }
    assertThat(device.count("ringfaults") + device.count("broken")).isZero();
  }

  private static void drive(LiveRing ring, AtomicBoolean over) {
    for (byte i = 0; !over.get(); i++) {
      ring.echo(i, (byte) 1);
    }
  }
}
