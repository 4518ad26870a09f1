package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.probe.Probes;
import org.kvmzone.bridge.probe.Watcher;

/** What one sees who watches a disk. */
class BlkProbesTest {
  private record Start(String disk, String op, long id, long offset, long length) {}

  private record Done(String disk, String op, long id, long latency, long errno, long length) {}

  private final FaultyZvol zvol = new FaultyZvol(1 << 20, BlockSizes.of(512, 4096), false);
  private final GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), GuestDisk.ALL);
  private final List<Start> starts = new ArrayList<>();
  private final List<Done> dones = new ArrayList<>();
  private final Watcher onStart =
      (disk, op, s2, id, offset, length, n3) -> starts.add(new Start(disk, op, id, offset, length));
  private final Watcher onDone =
      (disk, op, s2, id, latency, errno, length) ->
          dones.add(new Done(disk, op, id, latency, errno, length));

  @BeforeEach
  void watch() {
    BlkProbes.START.watch(onStart);
    BlkProbes.DONE.watch(onDone);
  }

  @AfterEach
  void unwatch() {
    BlkProbes.START.unwatch(onStart);
    BlkProbes.DONE.unwatch(onDone);
    guest.close();
  }

  private void turn() {
    assertThat(guest.turn()).isPositive();
  }

  @Test
  void theyAreFoundByName() {
    assertThat(Probes.find("zvol:start")).contains(BlkProbes.START);
    assertThat(Probes.find("zvol:done")).contains(BlkProbes.DONE);
    assertThat(Probes.find("zvol:bad-request")).contains(BlkProbes.BAD_REQUEST);
  }

  @Test
  void startAndDoneAreJoinedById() {
    zvol.hold();
    guest.read(1, 512);
    guest.write(2, new byte[1024]);
    guest.flush();
    turn();
    assertThat(starts)
        .extracting(Start::op, Start::offset, Start::length)
        .containsExactly(
            tuple("read", 512L, 512L), tuple("write", 1024L, 1024L), tuple("flush", 0L, 0L));
    assertThat(starts).extracting(Start::disk).containsOnly("disk0");
    assertThat(starts).extracting(Start::id).doesNotHaveDuplicates();
    assertThat(dones).isEmpty();

    zvol.releaseSome(3);
    turn();
    assertThat(dones).extracting(Done::op).containsExactly("read", "write", "flush");
    assertThat(dones)
        .extracting(Done::id)
        .containsExactlyElementsOf(starts.stream().map(Start::id).toList());
    assertThat(dones).extracting(Done::length).containsExactly(512L, 1024L, 0L);
    assertThat(dones).allMatch(done -> done.latency() > 0 && done.errno() == 0);
  }

  @Test
  void anErrorIsSeenWithItsNumber() {
    zvol.fault(request -> Errno.ENOSPC);
    guest.write(0, new byte[512]);
    turn();
    assertThat(dones).singleElement().extracting(Done::errno).isEqualTo((long) Errno.ENOSPC);
  }

  @Test
  void aWriteThatHadToBecomeDurable_isOneWrite() {
    guest.restart(0);
    guest.write(0, new byte[512]);
    turn();
    assertThat(starts).extracting(Start::op).containsExactly("write");
    assertThat(dones).extracting(Done::op).containsExactly("write");
    assertThat(dones).extracting(Done::length).containsExactly(512L);
  }

  @Test
  void whatBeganUnwatched_hasNoLatencyToReport() {
    BlkProbes.DONE.unwatch(onDone);
    zvol.hold();
    guest.read(0, 512);
    turn();
    BlkProbes.DONE.watch(onDone);
    zvol.releaseOne();
    turn();
    assertThat(dones).isEmpty();
    assertThat(guest.next()).isPresent();
  }

  @Test
  void theSerialAndBadRequests_areNoOperations() {
    guest.id(20);
    guest.read(0, 100);
    turn();
    assertThat(starts).isEmpty();
    assertThat(dones).isEmpty();
  }

  @Test
  void idsGoOnAfterAReboot() {
    guest.read(0, 512);
    turn();
    guest.restart(GuestDisk.ALL);
    guest.read(0, 512);
    turn();
    assertThat(starts).extracting(Start::id).hasSize(2).doesNotHaveDuplicates();
  }
}
