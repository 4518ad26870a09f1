package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One process beside two guests, one in each QEMU, and what becomes of them when it dies. */
final class ServeIT {
  private static final String LEFT = "10.90.0.11";
  private static final String RIGHT = "10.90.0.12";

  @TempDir Path directory;

  @Test
  void guestsOnAnEtherstub_talk_andGoOnWhenTheProcessIsKilledAndStartedAgain() throws IOException {
    try (Server first = serve();
        Qemu left = guest(QemuVersion.STOCK, "left", LEFT);
        Qemu right = guest(QemuVersion.TEN, "right", RIGHT)) {
      left.guest().awaitReady();
      right.guest().awaitReady();
      left.guest().lease("eth0");
      right.guest().lease("eth0");
      theyTalk(left.guest(), right.guest());
      keepData(left.guest());
      keepData(right.guest());

      first.kill();
      try (Server second = serve()) {
        theyTalk(left.guest(), right.guest());
        stillHaveIt(left.guest());
        stillHaveIt(right.guest());
        left.terminate();
        right.terminate();
        left.awaitEnd();
        right.awaitEnd();
        assertThat(second.terminate()).as("exit of kvmzone serve").isZero();
      }
    }
  }

  private Server serve() throws IOException {
    List<String> devices = new ArrayList<>(devices("left", LEFT));
    devices.addAll(devices("right", RIGHT));
    return new Server(directory.getFileName().toString(), directory, devices);
  }

  /** Devices of both guests are in one process, so their ids say whose they are. */
  private List<String> devices(String guest, String ip) {
    String mac = "02:08:20:00:01:" + ip.substring(ip.length() - 2);
    return List.of(
        "--net",
        "vnic,id=%s,over=stub0,macaddr=%s,ip=%s,netmask=255.255.255.0".formatted(guest, mac, ip),
        "--disk",
        "zvol,id=%s-disk,size=32M,path=%s".formatted(guest, directory.resolve(guest + ".disk")));
  }

  private Qemu guest(QemuVersion version, String name, String ip) throws IOException {
    GuestKit kit = GuestKit.require();
    List<String> words = new ArrayList<>(List.of("--name", directory.getFileName() + "-" + name));
    words.addAll(List.of("--served-in", directory.toString(), "--ram", "256"));
    words.addAll(List.of("--kernel", kit.kernel().toString(), "--initrd", kit.initrd().toString()));
    words.addAll(List.of("--append", GuestKit.COMMAND_LINE));
    words.addAll(devices(name, ip));
    return Qemu.start(
        Files.createDirectory(directory.resolve(name)), new Qemu.ByRun(version, words));
  }

  /** A connection that was lost comes back within seconds; so a few pings may be lost. */
  private static void theyTalk(Guest left, Guest right) {
    left.run("for i in $(seq 30); do ping -c 1 -W 1 %s && break; done".formatted(RIGHT));
    left.run("ping -c 3 -i 0.2 " + RIGHT);
    right.run("ping -c 3 -i 0.2 " + LEFT);
  }

  private static void keepData(Guest guest) {
    guest.run("mkfs.ext4 -q -F /dev/vda && mount /dev/vda /mnt");
    guest.run("dd if=/dev/urandom of=/mnt/data bs=1M count=4 conv=fsync");
    guest.run("md5sum /mnt/data >/mnt/sum && sync");
  }

  private static void stillHaveIt(Guest guest) {
    guest.run("echo 3 >/proc/sys/vm/drop_caches && md5sum -c /mnt/sum && umount /mnt");
  }
}
