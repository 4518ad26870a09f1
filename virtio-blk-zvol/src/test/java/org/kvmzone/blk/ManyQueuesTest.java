package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.OsThread;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Served;
import org.kvmzone.bridge.testing.Vmm;

/** A disk whose driver has a queue for each of many processors, served by a few threads. */
@Timeout(60)
class ManyQueuesTest {
  private static final int QUEUES = 16;
  private static final int THREADS = 2;
  private static final int DEPTH = 4; // requests of a queue that are under way together
  private static final int ROUNDS = 40;
  private static final int BLOCK = 512;

  @TempDir private Path directory;

  /** A request's data and status. */
  private record Asked(Piece data, Piece status) {}

  private Served disk() {
    long size = (long) ROUNDS * QUEUES * DEPTH * BLOCK;
    RawZvol.Options options =
        new RawZvol.Options(
            directory.resolve("disk.img"), false, OptionalLong.of(size), Optional.empty());
    return new Served(
        new VirtioBlk(
            "disk0",
            RawZvol.open(options),
            new VirtioBlk.Settings("serial", QUEUES, THREADS, 126)));
  }

  private static long sector(int round, int queue, int index) {
    return ((long) round * QUEUES + queue) * DEPTH + index;
  }

  private static Asked add(Vmm vmm, int queue, int type, long sector, Piece data) {
    Piece status = vmm.ram().writable(1);
    vmm.ram().at(status.address(), 1).fill(GuestDisk.UNTOUCHED);
    vmm.ring(queue).driver().add(vmm.ram().readable(GuestDisk.header(type, sector)), data, status);
    return new Asked(data, status);
  }

  /** Everything asked for is under way before anything is waited for. */
  private static void serve(Vmm vmm, List<LiveRing> rings, List<Asked> all) {
    rings.forEach(LiveRing::kick);
    for (LiveRing ring : rings) {
      for (int i = 0; i < DEPTH; i++) {
        ring.await();
      }
    }
    assertThat(all)
        .allSatisfy(asked -> assertThat(vmm.ram().bytes(asked.status)).containsExactly(Status.OK));
  }

  @Test
  void sixteenQueues_onTwoThreads_areAllServedAtTheSameTime() {
    Random random = new Random(7);
    try (Served disk = disk();
        Vmm vmm = Vmm.connected(disk, Vmm.PLAIN | VirtioBlk.F_FLUSH | VirtioBlk.F_MQ)) {
      assertThat(vmm.frontEnd().ask(Request.GET_QUEUE_NUM)).isEqualTo(QUEUES);
      List<LiveRing> rings = IntStream.range(0, QUEUES).mapToObj(i -> vmm.start(i, 64)).toList();
      List<OsThread> threads = Stream.of("disk0-0", "disk0-1").map(OsThread::only).toList();
      List<Long> sleeps = threads.stream().map(OsThread::sleeps).toList();
      for (int round = 0; round < ROUNDS; round++) {
        List<Asked> writes = new ArrayList<>();
        List<Asked> reads = new ArrayList<>();
        for (int i = 0; i < QUEUES * DEPTH; i++) {
          byte[] block = new byte[BLOCK];
          random.nextBytes(block);
          long sector = sector(round, i / DEPTH, i % DEPTH);
          writes.add(add(vmm, i / DEPTH, GuestDisk.OUT, sector, vmm.ram().readable(block)));
        }
        serve(vmm, rings, writes);
        for (int i = 0; i < QUEUES * DEPTH; i++) {
          // By another queue, which the other thread serves.
          int reader = (i / DEPTH + 1) % QUEUES;
          long sector = sector(round, i / DEPTH, i % DEPTH);
          reads.add(add(vmm, reader, GuestDisk.IN, sector, vmm.ram().writable(BLOCK)));
        }
        serve(vmm, rings, reads);
        for (int i = 0; i < QUEUES * DEPTH; i++) {
          assertThat(vmm.ram().bytes(reads.get(i).data))
              .isEqualTo(vmm.ram().bytes(writes.get(i).data));
        }
      }
      long each = (long) ROUNDS * QUEUES * DEPTH;
      Await.until("all are counted", () -> disk.count("reads") + disk.count("writes") == 2 * each);
      assertThat(rings).allMatch(LiveRing::interrupted);
      for (int i = 0; i < QUEUES; i++) {
        assertThat(vmm.stop(i)).as("queue " + i).isEqualTo(2 * ROUNDS * DEPTH);
      }
      for (int i = 0; i < THREADS; i++) {
        assertThat(threads.get(i).sleeps()).as("thread " + i).isGreaterThan(sleeps.get(i));
      }
    }
  }
}
