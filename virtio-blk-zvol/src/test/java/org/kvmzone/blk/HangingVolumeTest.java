package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.OsThread;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.SharedLog;
import org.kvmzone.bridge.testing.Vmm;

/**
 * Disks that are taken away while the kernel has their writes: on a file system that is frozen,
 * they last until it is thawed.
 */
@Timeout(120)
class HangingVolumeTest {
  private static final long LOG_ALL = 1L << 26; // VHOST_F_LOG_ALL
  private static final long CLOSING = TimeUnit.SECONDS.toNanos(15); // on a machine that is busy

  @TempDir private Path directory;

  private static RawZvol.Options options(Path path, EngineKind engine) {
    return new RawZvol.Options(
        path, false, OptionalLong.empty(), Optional.empty(), false, engine, Optional.of(true));
  }

  private static Path image(FileSystem system) {
    Path path = system.directory().resolve("disk.img");
    assertThat(Command.run("fallocate", "-l", "1M", "" + path).exit()).isZero();
    return path;
  }

  private static void freeze(FileSystem system) {
    Command frozen = Command.run("fsfreeze", "-f", "" + system.directory());
    assumeTrue(frozen.exit() == 0, "no fsfreeze, hanging volumes are not tested");
  }

  private static void thaw(FileSystem system) {
    assertThat(Command.run("fsfreeze", "-u", "" + system.directory()).exit()).isZero();
  }

  /** A guest that writes, and is not answered; when this returns the write hangs. */
  private Vmm write(long features) {
    Fd socket =
        new Fd(Errno.check(UnixSockets.connect(directory.resolve("disk0.sock")), "connect"));
    Vmm guest = new Vmm(new FrontEnd(socket));
    guest.negotiate(features);
    guest.shareMemory();
    guest.start(0, 64);
    LiveRing ring = guest.ring(0);
    ring.driver()
        .add(
            guest.ram().readable(GuestDisk.header(GuestDisk.OUT, 0)),
            guest.ram().readable(new byte[4096]),
            guest.ram().writable(1));
    ring.driver()
        .add(
            guest.ram().readable(GuestDisk.header(GuestDisk.GET_ID, 0)),
            guest.ram().writable(VirtioBlk.SERIAL_SIZE),
            guest.ram().writable(1));
    ring.kick();
    ring.await(); // the serial: what came before it was taken
    return guest;
  }

  /** The same of a guest that is being copied. */
  private Vmm writeWhileItMoves(SharedLog log) {
    Vmm guest = write(Vmm.PLAIN | LOG_ALL);
    guest
        .frontEnd()
        .send(
            Request.SET_LOG_BASE,
            FrontEnd.VERSION,
            FrontEnd.words(SharedLog.SIZE, 0),
            log.file().number());
    assertThat(guest.frontEnd().reply(Request.SET_LOG_BASE)).hasSize(8);
    return guest;
  }

  private static boolean isFree(Path path) {
    try {
      RawZvol.open(options(path, EngineKind.INLINE)).close();
      return true;
    } catch (VolumeException inUse) {
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"engine=io_uring", "engine=io_uring,loop=io", "engine=workers"})
  void aDiskThatIsRemoved_isClosedWhenItsRequestsComeBack(String properties) throws Exception {
    try (FileSystem system = FileSystem.of("ext4", directory);
        DeviceHost host = new DeviceHost("web", "serve", id -> directory.resolve(id + ".sock"))) {
      Path path = image(system);
      host.control(RunDirectory.at(directory.resolve("run")));
      host.listen(Spec.parse("zvol,id=disk0,direct=on," + properties + ",path=" + path));
      host.listen(Spec.parse("zvol,id=disk1,kind=null,size=1M,loop=io"));
      host.start();
      freeze(system);
      try (Vmm _ = write(Vmm.PLAIN)) {
        Path socket = RunDirectory.at(directory.resolve("run")).socket("web");
        try (ControlClient client = ControlClient.connect(socket)) {
          long before = System.nanoTime();
          client.call("remove", Json.object().put("device", "disk0").put("force", true).build());
          assertThat(System.nanoTime() - before).isLessThan(CLOSING);
        }
        assertThat(host.devices()).hasSize(1);
        assertThatThrownBy(() -> RawZvol.open(options(path, EngineKind.INLINE)))
            .isInstanceOf(VolumeException.class)
            .hasMessageContaining("is in use by");
      } finally {
        thaw(system);
      }
      Await.until("the volume is closed", () -> isFree(path));
      Await.until("its thread has ended", () -> OsThread.named("disk0-0").isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"engine=io_uring", "engine=workers"})
  void aDiskWhoseGuestMoves_isLeftWhenItsRequestsComeBack(String properties) throws Exception {
    try (FileSystem system = FileSystem.of("ext4", directory);
        SharedLog log = new SharedLog();
        DeviceHost host = new DeviceHost("web", "serve", id -> directory.resolve(id + ".sock"))) {
      Path path = image(system);
      host.listen(Spec.parse("zvol,id=disk0,direct=on," + properties + ",path=" + path));
      host.start();
      freeze(system);
      try (Vmm guest = writeWhileItMoves(log)) {
        guest.frontEnd().send(Request.GET_VRING_BASE, FrontEnd.VERSION, FrontEnd.state(0, 0));
        assertThat(guest.frontEnd().isClosed()).isTrue();
        assertThat(isFree(path)).isFalse();
      } finally {
        thaw(system);
      }
      Await.until("the disk is left", () -> isFree(path));
    }
  }

  @Test
  void aVolumeThatIsClosedWhileSomethingHangs_closesWhenThatComesBack() throws Exception {
    try (FileSystem system = FileSystem.of("ext4", directory)) {
      Path path = image(system);
      RawZvol zvol = RawZvol.open(options(path, EngineKind.WORKERS));
      TestRequest request = new TestRequest();
      freeze(system);
      try {
        request.write(0, Memory.room(4096));
        zvol.submit(request);
        zvol.close();
        assertThat(request.completions()).isZero();
        assertThat(isFree(path)).isFalse();
      } finally {
        thaw(system);
      }
      assertThat(request.await()).isZero();
      Await.until("the volume is closed", () -> isFree(path));
    }
  }
}
