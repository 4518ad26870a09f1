package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.blk.FullVolumeTest.area;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Vmm;

/**
 * A driver has its disk write through, and the process that serves it dies: its successor writes
 * through, though neither the driver nor its front end says it again.
 */
@Timeout(60)
class KeptChoiceTest {
  private static final int RING = 64;
  private static final int WRITEBACK = 32;

  @TempDir private Path directory;

  private static byte[] writeback(boolean on) {
    return ByteBuffer.allocate(13)
        .order(ByteOrder.nativeOrder())
        .putInt(WRITEBACK)
        .putInt(1)
        .putInt(0)
        .put((byte) (on ? 1 : 0))
        .array();
  }

  /** Has a process serve the disk for a while; returns what its cache is in the end. */
  private String served(Consumer<Vmm> driver) {
    try (DeviceHost host = new DeviceHost("web", "serve", id -> directory.resolve(id + ".sock"))) {
      host.listen(Spec.parse("zvol,id=disk0,size=4M,path=" + directory.resolve("disk.img")));
      host.start();
      Path listening = directory.resolve("disk0.sock");
      Fd socket = new Fd(Errno.check(UnixSockets.connect(listening), "connect"));
      try (Vmm guest = new Vmm(new FrontEnd(socket))) {
        guest.negotiate(Vmm.PLAIN | VirtioBlk.F_FLUSH | VirtioBlk.F_CONFIG_WCE);
        guest.shareMemory();
        driver.accept(guest);
        guest.start(0, RING);
        guest.stop(0);
      }
      return host.devices().getFirst().report().properties().getOrDefault("cache", "");
    }
  }

  @Test
  void successor_writesThrough_asTheDriverHasChosen() {
    Fd[] kept = new Fd[1];
    long[] size = new long[1];
    assertThat(
            served(guest -> {
              FrontEnd.FileReply made =
                  guest.frontEnd().askForFile(Request.GET_INFLIGHT_FD, area(0));
              kept[0] = made.file();
              size[0] = made.payload().getLong(0);
              guest.accepted(Request.SET_INFLIGHT_FD, area(size[0]), kept[0].number());
              guest.accepted(Request.SET_CONFIG, writeback(false));
            }))
        .isEqualTo("writethrough");
    try (Fd area = kept[0]) {
      Consumer<Vmm> returns =
          guest -> guest.accepted(Request.SET_INFLIGHT_FD, area(size[0]), area.number());
      assertThat(served(returns)).isEqualTo("writethrough");
      assertThat(
              served(guest -> {
                returns.accept(guest);
                guest.accepted(Request.SET_CONFIG, writeback(true));
              }))
          .isEqualTo("writeback");
      assertThat(served(returns)).isEqualTo("writeback");
    }
  }
}
