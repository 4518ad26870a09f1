package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a disk of {@code kvmzone serve} on a volume of OpenZFS does for its guest, and what of that
 * is seen in the pool. All disks are served by one process in one guest; each test has its own.
 */
@TestInstance(Lifecycle.PER_CLASS)
final class ZvolIT {
  private static final String VOLUMES = "space cache always grow live";
  private static final int MIB = 1 << 20;
  private static final int PART = 2 * MIB;
  private static final int WRITES = 5;

  /** How often the intent logs of ZFS were committed so far. */
  private static final String COMMITS =
      "run,sed -n 's/^zil_commit_count.* //p' /proc/spl/kstat/zfs/zil";

  private @Nullable ZfsGuest started;

  @BeforeAll
  void serve(@TempDir Path directory) throws IOException {
    ZfsGuest guest = ZfsGuest.start(directory);
    started = guest;
    guest.run(
        "for v in %s; do zfs create -s -V 16M -o compression=lz4 tank/$v; done && udevadm settle"
            .formatted(VOLUMES));
    guest.run("mkfifo /run/edge.out");
    guest.run(
        Stream.of(VOLUMES.split(" "))
            .map(id ->
                " --disk zvol,id=%s,path=/dev/zvol/tank/%s%s"
                    .formatted(id, id, id.equals("always") ? ",sync=always" : ""))
            .collect(
                Collectors.joining(
                    "",
                    "kvmzone serve --name edge --dir /run/edge --warm-up 0",
                    " >/run/edge.out 2>/run/edge.log &")));
    guest.run("grep -m1 ^-machine /run/edge.out || { cat /run/edge.log; false; }");
  }

  @AfterAll
  void end() throws IOException {
    if (started != null) {
      started.close();
    }
  }

  private ZfsGuest guest() {
    if (started == null) {
      throw new AssertionError("no guest was started");
    }
    return started;
  }

  private static String socket(String disk) {
    return "/run/edge/%s.sock".formatted(disk);
  }

  /** Gives a disk's front end its orders; how each of them ended. */
  private List<String> ask(String disk, List<String> orders) {
    String words =
        orders.stream()
            .map(order -> " '" + order.replace("'", "'\\''") + "'")
            .collect(Collectors.joining());
    List<String> lines =
        guest()
            .run("java %s %s%s".formatted(DiskFrontEnd.class.getName(), socket(disk), words))
            .lines()
            .toList();
    List<String> ends = new ArrayList<>();
    for (int i = 0; i < orders.size(); i++) {
      String said = orders.get(i) + ": ";
      assertThat(lines).element(i).asString().startsWith(said);
      ends.add(lines.get(i).substring(said.length()));
    }
    return ends;
  }

  private List<String> ask(String disk, String... orders) {
    return ask(disk, List.of(orders));
  }

  /** Without compression, which would make holes of zeroes that are written. */
  @Test
  void whatIsDiscardedOrZeroed_isFree_andReadsAsZeroes() {
    int edge = 4096; // half a block
    String referenced = "run,zpool sync tank && zfs get -Hp -o value referenced tank/space";
    List<String> ends =
        ask(
            "space",
            "run,zfs set compression=off tank/space",
            "write,%d,%d,1".formatted(0, PART),
            "write,%d,%d,2".formatted(PART, PART),
            "write,%d,%d,3".formatted(2 * PART, PART),
            "flush",
            referenced,
            "discard,0," + PART,
            "flush",
            referenced,
            "zero,%d,%d".formatted(2 * PART + edge, PART - 2 * edge),
            "flush",
            referenced,
            "read,%d,%d,0".formatted(0, PART),
            "read,%d,%d,2".formatted(PART, PART),
            "read,%d,%d,3".formatted(2 * PART, edge),
            "read,%d,%d,0".formatted(2 * PART + edge, PART - 2 * edge),
            "read,%d,%d,3".formatted(3 * PART - edge, edge));
    assertThat(ends.removeFirst()).as("compression").isEmpty();
    assertThat(ends.removeLast()).as("the last of 2 MiB of other bytes").isEqualTo("differs");
    long[] bytes = Stream.of(4, 7, 10).map(ends::get).mapToLong(Long::parseLong).toArray();
    assertThat(bytes[0]).isGreaterThanOrEqualTo(3 * PART);
    assertThat(bytes[0] - bytes[1]).as("freed by the discard").isGreaterThanOrEqualTo(PART);
    assertThat(bytes[1] - bytes[2]).as("freed by the zeroes").isGreaterThanOrEqualTo(PART - 65536);
    ends.removeIf(end -> end.matches("\\d+"));
    assertThat(ends).hasSize(12).containsOnly("ok");
  }

  @Test
  void writes_commitTheIntentLog_whenTheCacheWritesThrough_andOnlyThen() {
    List<String> writes = new ArrayList<>(List.of(COMMITS));
    writes.addAll(Collections.nCopies(WRITES, "write,65536,4096,1"));
    writes.add(COMMITS);
    List<String> orders = new ArrayList<>(writes);
    orders.addAll(List.of("flush", COMMITS));
    orders.addAll(List.of("cache,through", "flush")); // and one of the device's own
    orders.addAll(writes);
    orders.add("cache,back");
    orders.addAll(writes);
    orders.add("run,zfs set sync=always tank/cache");
    orders.addAll(writes);
    orders.add("connect," + socket("always"));
    orders.addAll(writes);
    List<String> ends = ask("cache", orders);
    List<Long> counts = new ArrayList<>();
    for (int i = 0; i < orders.size(); i++) {
      if (orders.get(i).equals(COMMITS)) {
        counts.add(Long.parseLong(ends.get(i)));
      } else if (!orders.get(i).startsWith("run")) {
        assertThat(ends.get(i)).as(orders.get(i)).isEqualTo("ok");
      }
    }
    assertThat(counts.get(1) - counts.get(0)).as("written back").isZero();
    assertThat(counts.get(2) - counts.get(1)).as("flushed").isOne();
    assertThat(counts.get(4) - counts.get(3)).as("written through").isEqualTo(WRITES);
    assertThat(counts.get(6) - counts.get(5)).as("written back again").isZero();
    assertThat(counts.get(8) - counts.get(7)).as("sync=always of ZFS").isEqualTo(WRITES);
    assertThat(counts.get(10) - counts.get(9)).as("sync=always of ours").isEqualTo(WRITES);
  }

  @Test
  void aVolumeThatGrows_isALargerDisk() {
    String beyond = "%d,4096,7".formatted(16 * MIB);
    assertThat(
            ask(
                "grow",
                "capacity",
                "write," + beyond,
                "run,zfs set volsize=32M tank/grow && kvmzone resize edge grow | cut -d ';' -f 1",
                "capacity",
                "write," + beyond,
                "write,%d,4096,8".formatted(32 * MIB - 4096),
                "flush",
                "read," + beyond,
                "read,%d,4096,8".formatted(32 * MIB - 4096),
                "read,%d,4096,0".formatted(32 * MIB)))
        .containsExactly(
            "16777216",
            "io-error",
            "grow: 33554432 bytes",
            "33554432",
            "ok",
            "ok",
            "ok",
            "ok",
            "ok",
            "io-error");
  }

  @Test
  void aSnapshotAmidWrites_hasAllThatWasFlushed_andNothingOutOfOrder() {
    List<String> ends =
        ask(
            "live",
            "during,zfs snapshot tank/live@a",
            "numbered",
            "run,zfs clone tank/live@a tank/copy && udevadm settle && kvmzone add edge --disk"
                + " zvol,id=copy,path=/dev/zvol/tank/copy,readonly=on",
            "connect," + socket("copy"),
            "numbered",
            "write,0,4096,1");
    String[] written = ends.get(0).split("-", 2);
    long flushed = Long.parseLong(written[0]);
    long last = Long.parseLong(written[1]);
    assertThat(last).as("written meanwhile").isGreaterThan(flushed);
    assertThat(ends.get(1)).isEqualTo("" + last);
    assertThat(ends.get(4)).matches("\\d+");
    assertThat(Long.parseLong(ends.get(4))).isBetween(flushed, last);
    assertThat(ends.get(5)).as("the clone is read-only").isEqualTo("io-error");
  }
}
