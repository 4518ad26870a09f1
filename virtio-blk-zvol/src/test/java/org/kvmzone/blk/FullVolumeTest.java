package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Vmm;

/** A disk on storage that is full, and what its front end sees of it. */
@Timeout(60)
class FullVolumeTest {
  private static final int RING = 64;
  private static final int MIB = 1 << 20;

  @TempDir private Path directory;
  private final AtomicInteger stops = new AtomicInteger();

  /** What is said of the in-flight area of one queue. */
  static byte[] area(long bytes) {
    return ByteBuffer.allocate(24)
        .order(ByteOrder.nativeOrder())
        .putLong(bytes)
        .putLong(0)
        .putShort((short) 1)
        .putShort((short) RING)
        .array();
  }

  @Test
  void aRingStopsWithoutWhatFailed_andItIsDoneWhenTheRingGoesOn() throws Exception {
    Path full = Files.createDirectory(directory.resolve("full"));
    Command mount = Command.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "" + full);
    assumeTrue(mount.exit() == 0, "may not mount a tmpfs: storage that is full is not tested");
    try (DeviceHost host =
        new DeviceHost(
            "web",
            "plugin",
            id -> directory.resolve(id + ".sock"),
            Optional.of(stops::incrementAndGet))) {
      Path image = full.resolve("disk.img");
      host.listen(Spec.parse("zvol,id=disk0,size=4M,path=" + image));
      host.start();
      assertThat(host.devices().getFirst().report().properties())
          .contains(Map.entry("werror", "enospc"), Map.entry("rerror", "report"));
      Fd socket =
          new Fd(Errno.check(UnixSockets.connect(directory.resolve("disk0.sock")), "connect"));
      try (Vmm guest = new Vmm(new FrontEnd(socket))) {
        writeBeyondWhatFits(guest, full);
      }
      byte[] written = Files.readAllBytes(image);
      assertThat(Arrays.copyOf(written, 2 * MIB)).containsOnly(7);
      assertThat(Arrays.copyOfRange(written, 2 * MIB, 4 * MIB)).containsOnly(0);
    } finally {
      assertThat(Command.run("umount", "" + full).exit()).isZero();
    }
  }

  private void writeBeyondWhatFits(Vmm guest, Path full) {
    FrontEnd frontEnd = guest.frontEnd();
    guest.negotiate(Vmm.PLAIN);
    FrontEnd.FileReply inflight = frontEnd.askForFile(Request.GET_INFLIGHT_FD, area(0));
    guest.accepted(
        Request.SET_INFLIGHT_FD, area(inflight.payload().getLong(0)), inflight.file().number());
    inflight.file().close();
    guest.shareMemory();
    LiveRing ring = guest.start(0, RING);
    byte[] bytes = new byte[2 * MIB];
    Arrays.fill(bytes, (byte) 7);
    Piece status = guest.ram().writable(1);
    guest.ram().at(status.address(), 1).fill(GuestDisk.UNTOUCHED);
    Piece header = guest.ram().readable(GuestDisk.header(GuestDisk.OUT, 0));
    ring.driver().add(header, guest.ram().readable(bytes), status);
    ring.kick();
    Await.until("the guest is asked to stop", () -> stops.get() == 1);
    assertThat(guest.stop(0)).as("what was taken").isEqualTo(1);
    assertThat(ring.poll()).isEmpty();
    assertThat(guest.ram().bytes(status)).containsExactly(GuestDisk.UNTOUCHED);

    assertThat(Command.run("mount", "-o", "remount,size=8m", "" + full).exit()).isZero();
    guest.announce(0, ring, RING, 1);
    assertThat(ring.await().length()).isEqualTo(1);
    assertThat(guest.ram().bytes(status)).containsExactly(Status.OK);
    assertThat(stops).hasValue(1);
    assertThat(guest.stop(0)).isEqualTo(1);
  }
}
