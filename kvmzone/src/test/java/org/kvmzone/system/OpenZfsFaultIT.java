package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk of {@code kvmzone serve} on a volume of OpenZFS, and what becomes of it when its pool is
 * full, loses its disk, or is taken away: the pool {@code frail} is on a disk that can be made to
 * fail. All of this happens in one guest, where the disk's front end is a program of ours.
 */
final class OpenZfsFaultIT {
  private static final String WORKS = "dmsetup load frail --table '0 131072 linear /dev/loop0 0'";
  private static final String FAILS = "dmsetup load frail --table '0 131072 error'";
  private static final String DEVICE = "/dev/zvol/frail/vol";
  private static final String LIVES = "kill -0 $(cat /run/edge.pid)";
  private static final int BYTES = 65536;

  @TempDir Path directory;

  private static void prepare(ZfsGuest guest) {
    guest.run(
        "modprobe -a loop dm_mod && truncate -s 64M /run/disk && losetup /dev/loop0 /run/disk");
    guest.run("dmsetup create frail --table '0 131072 linear /dev/loop0 0' && udevadm settle");
    guest.run("zpool create -O compression=off -o cachefile=none frail /dev/mapper/frail");
    guest.run("zfs create -s -V 256M frail/vol && udevadm settle");
    serve(guest, "");
  }

  /** Waits without polling: in the guest, a process each tenth of a second is a burden. */
  private static void serve(ZfsGuest guest, String moreDisks) {
    String command =
        "kvmzone serve --name edge --dir /run/edge --warm-up 0 --disk zvol,id=disk0,path="
            + DEVICE
            + moreDisks;
    guest.run("mkdir -p /run/edge && rm -f /run/edge.out && mkfifo /run/edge.out");
    guest.run("%s >/run/edge.out 2>/run/edge.log & echo $! >/run/edge.pid".formatted(command));
    guest.run("grep -m1 ^-machine /run/edge.out || { cat /run/edge.log; false; }");
  }

  private static void stop(ZfsGuest guest) {
    guest.run("kill $(cat /run/edge.pid); tail -f --pid=$(cat /run/edge.pid) /dev/null");
  }

  private static String frontEnd(String orders) {
    return frontEnd("disk0", orders);
  }

  private static String frontEnd(String disk, String orders) {
    return "java -Dpatience=200 %s /run/edge/%s.sock %s"
        .formatted(DiskFrontEnd.class.getName(), disk, orders);
  }

  /** Puts another table under the pool's disk. */
  private static void replace(ZfsGuest guest, String table) {
    guest.run(
        "dmsetup suspend --noflush --nolockfs frail && %s && dmsetup resume frail"
            .formatted(table));
  }

  /** Checks what the device has at {@code block}, in blocks of 64 KiB, past the page cache. */
  private static void assertOnDevice(ZfsGuest guest, int block, int seed) {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    assertThat(
            guest.run(
                "dd if=%s bs=64k skip=%d count=1 iflag=direct status=none | md5sum"
                    .formatted(DEVICE, block)))
        .startsWith(md5(bytes));
  }

  private static String md5(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatAFrontEndWrites_isInTheVolume_whichNobodyTakesAwayMeanwhile() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      prepare(guest);
      assertThat(guest.run(frontEnd("write,0,65536,1 flush read,0,65536,1 read,0,65536,2")))
          .isEqualTo("write,0,65536,1: ok\nflush: ok\nread,0,65536,1: ok\nread,0,65536,2: differs");
      assertOnDevice(guest, 0, 1);
      assertThat(guest.attempt("zpool export -f frail").output()).contains("pool is busy");
      assertThat(guest.attempt("zfs destroy frail/vol").output()).contains("dataset is busy");

      // The names go, the volume stays.
      guest.run("rm $(readlink -f %s) && rm -r /dev/zvol/frail".formatted(DEVICE));
      assertThat(guest.run(frontEnd("read,0,65536,1 write,65536,65536,3 flush")))
          .isEqualTo("read,0,65536,1: ok\nwrite,65536,65536,3: ok\nflush: ok");
      stop(guest);
      guest.run("zpool export frail && zpool import -d /dev/mapper frail && udevadm settle");
      assertOnDevice(guest, 1, 3);
    }
  }

  @Test
  void aFullPool_isAnErrorToTheGuest_andTakesNothingBack() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      prepare(guest);
      assertThat(guest.run(frontEnd("write,0,65536,1 flush"))).endsWith("flush: ok");
      guest.run("zfs create -s -V 256M frail/filler && udevadm settle");
      assertThat(
              guest
                  .attempt("dd if=/dev/zero of=/dev/zvol/frail/filler bs=1M oflag=direct")
                  .output())
          .contains("No space left");
      assertThat(guest.run(frontEnd("write,1048576,4194304,2 flush read,0,65536,1")))
          // Past the page cache it is the write that fails; what a flush would cover was written.
          .endsWith("write,1048576,4194304,2: io-error\nflush: ok\nread,0,65536,1: ok");
      guest.run(LIVES);
      assertThat(guest.run("cat /run/edge.log"))
          .contains("write of 4194304 bytes at 1048576 failed");

      stop(guest);
      guest.run("zfs destroy frail/filler");
      assertOnDevice(guest, 0, 1);
      serve(guest, "");
      assertThat(guest.run(frontEnd("write,1048576,65536,2 flush"))).endsWith("flush: ok");
      assertOnDevice(guest, 16, 2);
    }
  }

  @Test
  void aSuspendedPool_keepsAFlushWaiting_andNothingIsLostWhenItIsBack() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      prepare(guest);
      assertThat(guest.run(frontEnd("write,0,65536,1 flush"))).endsWith("flush: ok");
      replace(guest, FAILS);
      guest.run("mkfifo /run/front.end");
      guest.run(
          "(%s >/run/front.log 2>&1; echo >/run/front.end) &"
              .formatted(frontEnd("write,65536,65536,2 flush")));
      guest.run("until grep SUSPENDED /proc/spl/kstat/zfs/frail/state; do sleep 1; done");
      assertThat(guest.run("kvmzone list")).contains("edge");
      assertThat(guest.run("cat /run/front.log")).doesNotContain("flush");

      replace(guest, WORKS);
      guest.run("zpool clear frail && cat /run/front.end");
      assertThat(guest.run("cat /run/front.log")).isEqualTo("write,65536,65536,2: ok\nflush: ok");
      assertOnDevice(guest, 0, 1);
      assertOnDevice(guest, 1, 2);
    }
  }

  /**
   * With failmode=continue what cannot be read is an error at once, where it would wait. A flush
   * waits in either mode, since OpenZFS keeps what it could not write (zio_suspend), and reads are
   * errors also when the pool is suspended by then.
   */
  @Test
  void aFailingPoolThatIsToContinue_isAnErrorToTheGuest_andAllIsThereWhenItIsBack()
      throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      prepare(guest);
      assertThat(guest.run(frontEnd("write,0,65536,1 write,1048576,65536,2 flush")))
          .endsWith("flush: ok");
      guest.run("zfs create -s -V 64M frail/other && udevadm settle");
      guest.run("dd if=/dev/urandom of=/dev/zvol/frail/other bs=64k seek=128 count=1 conv=fsync");
      stop(guest);
      // What is in memory can be read from there.
      guest.run("zpool export frail && zpool import -d /dev/mapper frail && udevadm settle");
      guest.run("zpool set failmode=continue frail");
      serve(guest, " --disk zvol,id=disk1,path=/dev/zvol/frail/other");
      assertThat(guest.run(frontEnd("read,0,65536,1"))).isEqualTo("read,0,65536,1: ok");

      replace(guest, FAILS);
      assertThat(guest.run(frontEnd("read,1048576,65536,2")))
          .isEqualTo("read,1048576,65536,2: io-error");
      assertThat(guest.run("cat /run/edge.log")).contains("read of 65536 bytes at 1048576 failed");
      guest.run("mkfifo /run/front.end");
      guest.run(
          "(%s >/run/front.log 2>&1; echo >/run/front.end) &"
              .formatted(frontEnd("write,0,65536,3 flush")));
      // The state of such a pool does not tell (spa_state_to_name); the kernel does.
      guest.run("until dmesg | grep \"Pool 'frail'.*suspended\"; do sleep 1; done");
      assertThat(guest.run(frontEnd("disk1", "read,8388608,65536,1")))
          .isEqualTo("read,8388608,65536,1: io-error");
      guest.run(LIVES);
      assertThat(guest.run("kvmzone list")).contains("edge");

      replace(guest, WORKS);
      guest.run("zpool clear frail && cat /run/front.end");
      assertThat(guest.run("cat /run/front.log")).endsWith("flush: ok");
      assertThat(guest.run(frontEnd("read,1048576,65536,2 read,0,65536,3")))
          .isEqualTo("read,1048576,65536,2: ok\nread,0,65536,3: ok");
      // It can be read, and is noise.
      assertThat(guest.run(frontEnd("disk1", "read,8388608,65536,1"))).endsWith("differs");
      assertOnDevice(guest, 0, 3);
    }
  }
}
