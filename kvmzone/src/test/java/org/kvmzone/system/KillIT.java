package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The process that serves a guest's disk is killed while fio writes, again and again: nothing is
 * lost, doubled or torn. The disk is slow and ends requests out of order, for on a fast one there
 * is nothing under way to be lost (vhost-user.md T19).
 *
 * <p>{@code -Dkvmzone.kills=100} for more than the few rounds of every day.
 */
final class KillIT {
  private static final int ROUNDS = Integer.getInteger("kvmzone.kills", 3);
  private static final int QUEUES = 2;
  private static final int MANY = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** Every block is written once and then read; what comes back must be what was written. */
  private static final String FIO =
      "fio --name=kill --thread --filename=/dev/vda --size=16M --bsrange=4k-64k --rw=randwrite"
          + " --direct=1 --ioengine=libaio --iodepth=32 --randrepeat=0 --fdatasync=50"
          + " --verify=crc32c --verify_fatal=1 >/run/fio.log 2>&1 || { cat /run/fio.log; false; }";

  /** The bit of the features that the driver has negotiated, which Linux shows from bit 0 on. */
  private static final String RING_PACKED = "cut -c 35 /sys/block/vda/device/features";

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"STOCK, off", "TEN, off", "TEN, on"})
  void aGuest_doesNotNotice_thatTheProcessBehindItsDiskIsKilled(QemuVersion version, String packed)
      throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    LongSummaryStatistics lost = new LongSummaryStatistics();
    Server server = serve();
    try (Qemu qemu = Qemu.start(directory, new Qemu.ByHand(version, 1, arguments(packed)))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      long began = System.nanoTime();
      guest.run(FIO);
      long whole = System.nanoTime() - began;
      assertThat(guest.run(RING_PACKED)).isEqualTo(packed.equals("on") ? "1" : "0");
      Footprint before = Footprint.of(qemu.pid());
      for (int round = 0; round < ROUNDS; round++) {
        guest.tell(FIO);
        // Now and then the successor dies as well, perhaps before it has taken over.
        for (int deaths = random.nextInt(3) == 0 ? 2 : 1; deaths > 0; deaths--) {
          awaitWork(Duration.ofNanos(random.nextLong(whole / 3))); // long before fio ends
          server.kill();
          lost.accept(SlowZvol.underWay(SlowZvolProvider.underWay(disk())));
          server = serve();
        }
        Guest.Result fio = guest.awaitExit();
        assertThat(fio.status()).as("round %d, seed %d: %s", round, seed, fio.output()).isZero();
      }
      assertThat(guest.run("dmesg | grep -E 'error|not a head|timeout' || true")).isEmpty();
      Footprint after = Footprint.awaitNoMoreThan(before, qemu.pid());
      System.out.printf(
          "%s, packed %s: %d deaths in %d rounds, with %.1f requests under way (most: %d); QEMU: %s, then %s%n",
          version,
          packed,
          lost.getCount(),
          ROUNDS,
          lost.getAverage(),
          lost.getMax(),
          before,
          after);
      assertThat(lost.getMax()).as("some were under way").isPositive();
      guest.run("echo 'write through' >/sys/block/vda/cache_type");
      server.kill();
      server = serve();
      guest.run("dd if=/dev/vda of=/dev/null bs=4k count=1 iflag=direct"); // it is back
      assertThat(Product.run("stats", directory.getFileName().toString())).contains("writethrough");
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    } finally {
      server.close();
    }
  }

  /** Lets some time pass, and then waits for a moment at which there is much to be lost. */
  private void awaitWork(Duration time) throws IOException {
    LockSupport.parkNanos(time.toNanos());
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (SlowZvol.underWay(SlowZvolProvider.underWay(disk())) < MANY && System.nanoTime() < end) {
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
    }
  }

  private Path disk() {
    return directory.resolve("disk");
  }

  private Server serve() throws IOException {
    return new Server(
        Product.command(SlowZvolProvider.announcement(directory)),
        directory.getFileName().toString(),
        directory,
        List.of("--disk", "slow,id=disk0,size=32M,queues=%d,path=%s".formatted(QUEUES, disk())));
  }

  private List<String> arguments(String packed) {
    return List.of(
        "-chardev",
        "socket,id=disk0,reconnect=1,path=" + directory.resolve("disk0.sock"),
        "-device",
        "vhost-user-blk-pci,chardev=disk0,num-queues=%d,packed=%s".formatted(QUEUES, packed));
  }
}
