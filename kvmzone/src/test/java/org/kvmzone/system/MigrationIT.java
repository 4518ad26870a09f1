package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Flock;
import org.kvmzone.system.Devices.Hosting;

/**
 * A guest moves from QEMU to QEMU, to and fro between two hosts' devices, while fio writes to its
 * disk and a ping runs: no block is lost, the network goes on, and each time the disk is handed
 * over, each second time late.
 *
 * <p>{@code -Dkvmzone.migrations=20} for more than the few of every day.
 */
final class MigrationIT {
  private static final int MIGRATIONS = Integer.getInteger("kvmzone.migrations", 2);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Longer than a disk's new host waits before it turns its guest away for now. */
  private static final Duration STILL_IN_USE = Duration.ofMillis(2500);

  /** The byte of QEMU's image locks that says so. */
  private static final long OTHERS_MUST_NOT_WRITE = 201;

  private static final Pattern PINGS = Pattern.compile("(\\d+) packets transmitted, (\\d+)");

  /** Writes that are read afterwards, and a ping that lasts as long. */
  private static final String LOAD =
      "ping -i 0.2 10.92.0.1 >/run/ping & "
          + "fio --name=move --thread --filename=/dev/vda --size=16M --bsrange=4k-64k"
          + " --rw=randwrite --direct=1 --ioengine=libaio --iodepth=16 --randrepeat=0"
          + " --rate_iops=200 --verify=crc32c --verify_fatal=1 >/run/fio.log 2>&1; status=$?;"
          + " killall -INT ping; wait; cat /run/ping; [ $status = 0 ] || cat /run/fio.log;"
          + " [ $status = 0 ]";

  @TempDir Path directory;

  /** How a guest is hosted, by which QEMU at each end. */
  private record Way(Hosting hosting, QemuVersion there, QemuVersion back) {
    QemuVersion version(int move) {
      return move % 2 == 0 ? there : back;
    }

    /** What both QEMUs can run: one that is newer than the other knows its machines and CPUs. */
    List<String> machine(List<String> words) {
      List<String> common = new ArrayList<>(words);
      if (there != back) {
        common.replaceAll(
            word -> word.equals("max") ? "qemu64" : word.replaceFirst("^pc,", "pc-i440fx-7.2,"));
      }
      String memory = QemuVersion.unevenMemory(256);
      common.set(common.indexOf("-m") + 1, memory);
      common.replaceAll(word -> word.replaceFirst("size=256M", "size=" + memory));
      return common;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "BESIDE_QEMU, STOCK, STOCK",
    "BESIDE_QEMU, TEN, TEN",
    "BESIDE_QEMU, STOCK, TEN",
    "IN_QEMU, STOCK, STOCK",
    "IN_QEMU, TEN, TEN",
  })
  void aGuestMoves_andLosesNothing(Hosting hosting, QemuVersion there, QemuVersion back)
      throws IOException {
    Way way = new Way(hosting, there, back);
    Random random = new Random();
    Moves moves = new Moves();
    try (Devices left = devices(way, "left", false);
        Devices right = devices(way, "right", true)) {
      List<Devices> sides = List.of(left, right);
      List<Footprint> before = footprints(sides);
      Qemu qemu = start(way, 0, left, List.of());
      try {
        qemu.guest().awaitReady();
        qemu.guest().lease("eth0");
        // Guests do not move to an older QEMU.
        for (int move = 1; move <= (there == back ? MIGRATIONS : 1); move++) {
          qemu.guest().tell(LOAD);
          LockSupport.parkNanos(Duration.ofMillis(500 + random.nextInt(2500)).toNanos());
          Devices devices =
              hosting == Hosting.IN_QEMU ? devices(way, "in" + move, true) : sides.get(move % 2);
          Path arrival = directory.resolve("arrival" + move);
          Qemu next = start(way, move, devices, List.of("-incoming", "unix:" + arrival));
          try (Qemu last = qemu) {
            qemu = next;
            moves.add(
                move % 2 == 0
                    ? moveWhileItsDiskIsInUse(last, next, arrival)
                    : move(last, next, arrival));
            last.qmp().execute("quit");
            last.awaitEnd();
          }
          moves.addPings(theLoadEnds(next.guest()));
        }
        qemu.qmp().execute("quit");
        qemu.awaitEnd();
      } finally {
        qemu.close();
      }
      for (int i = 0; i < before.size(); i++) {
        Footprint.awaitNoMoreThan(before.get(i), sides.get(i).pid());
      }
      System.out.printf(
          "%s, %s to %s: %s; %s, then %s%n",
          hosting, there, back, moves, before, footprints(sides));
    }
  }

  /** In a QEMU devices are made anew for each; beside, two processes outlive them all. */
  private Devices devices(Way way, String side, boolean incoming) throws IOException {
    Path place = Files.createDirectory(place(side));
    return new Devices(way.hosting, place, 1)
        .net(
            "vnic,id=net0,over=stub0,macaddr=02:08:20:00:00:01,ip=10.92.0.10,"
                + "netmask=255.255.255.0,server_ip=10.92.0.1")
        .disk(
            "zvol,id=disk0,size=32M,path=%s,incoming=%s"
                .formatted(directory.resolve("disk"), incoming ? "on" : "off"))
        .start();
  }

  /** What runs is named after its directory: no two tests' may be called the same. */
  private Path place(String name) {
    return directory.resolve(directory.getFileName() + "-" + name);
  }

  private Qemu start(Way way, int move, Devices devices, List<String> more) throws IOException {
    List<String> arguments = new ArrayList<>(devices.arguments(way.there));
    arguments.addAll(more);
    Qemu.Launch launch = new Qemu.ByHand(way.version(move), 1, arguments);
    return Qemu.start(
        Files.createDirectory(directory.resolve("q" + move)),
        (console, monitor) -> way.machine(launch.words(console, monitor)));
  }

  /** Moves the guest, and waits until it runs in the other QEMU; returns what QEMU says of it. */
  private static JsonNode move(Qemu from, Qemu to, Path arrival) {
    from.qmp()
        .execute(
            "migrate-set-parameters", Map.of("max-bandwidth", 1L << 30, "downtime-limit", 1000));
    from.qmp().execute("migrate", Map.of("uri", "unix:" + arrival));
    JsonNode moved = await(from, "query-migrate", List.of("completed", "failed", "cancelled"));
    assertThat(moved.path("status").asText()).as("%s", moved).isEqualTo("completed");
    await(to, "query-status", List.of("running"));
    return moved;
  }

  /** The same while somebody else has the disk, who lets it go a while after. */
  private JsonNode moveWhileItsDiskIsInUse(Qemu from, Qemu to, Path arrival) {
    try (Fd other = Fd.open(directory.resolve("disk").toString(), Fcntl.O_RDWR)) {
      // As a QEMU does that lets nobody else write.
      assertThat(Flock.set(other.number(), Fcntl.F_RDLCK, OTHERS_MUST_NOT_WRITE)).isZero();
      JsonNode moved = move(from, to, arrival);
      LockSupport.parkNanos(STILL_IN_USE.toNanos());
      return moved;
    }
  }

  private static JsonNode await(Qemu qemu, String query, List<String> states) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      JsonNode answer = qemu.qmp().execute(query);
      if (states.contains(answer.path("status").asText())) {
        return answer;
      }
      if (System.nanoTime() > end) {
        throw new AssertionError(query + " stays at " + answer);
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  /** Returns how many pings were lost. */
  private static int theLoadEnds(Guest guest) {
    Guest.Result load = guest.awaitExit();
    assertThat(load.status()).as(load.output()).isZero();
    Matcher pings = PINGS.matcher(load.output());
    assertThat(pings.find()).as(load.output()).isTrue();
    guest.run("ping -c 3 -i 0.2 10.92.0.1");
    return Integer.parseInt(pings.group(1)) - Integer.parseInt(pings.group(2));
  }

  private static List<Footprint> footprints(List<Devices> sides) throws IOException {
    List<Footprint> all = new ArrayList<>();
    for (Devices side : sides) {
      if (side.isProcess()) {
        all.add(Footprint.of(side.pid()));
      }
    }
    return all;
  }

  /** What moves cost. */
  private static final class Moves {
    private final LongSummaryStatistics downtimes = new LongSummaryStatistics();
    private final LongSummaryStatistics rounds = new LongSummaryStatistics();
    private final IntSummaryStatistics lostPings = new IntSummaryStatistics();

    void add(JsonNode moved) {
      downtimes.accept(moved.path("downtime").asLong());
      rounds.accept(moved.path("ram").path("dirty-sync-count").asLong());
    }

    void addPings(int lost) {
      lostPings.accept(lost);
    }

    @Override
    public String toString() {
      return "%d moves, downtime %.0f ms (most: %d), %.1f rounds, %.1f pings lost (most: %d)"
          .formatted(
              downtimes.getCount(),
              downtimes.getAverage(),
              downtimes.getMax(),
              rounds.getAverage(),
              lostPings.getAverage(),
              lostPings.getMax());
    }
  }
}
