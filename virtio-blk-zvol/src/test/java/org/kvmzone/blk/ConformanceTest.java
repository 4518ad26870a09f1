package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.kvmzone.bridge.conformance.Neighbour;
import org.kvmzone.bridge.conformance.Player;
import org.kvmzone.bridge.conformance.Recording;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Resources;
import org.kvmzone.bridge.testing.Served;
import org.kvmzone.bridge.testing.Vmm;

/** A disk on a file, with its threads and a session: as front ends and their guests meet it. */
@Timeout(60)
class ConformanceTest {
  private static final int DISK_BYTES = 1 << 20;
  private static final int BLOCK = 512;
  private static final long FEATURES = Vmm.PLAIN | VirtioBlk.F_FLUSH;

  @SuppressWarnings("unused") // through FieldSource
  private static final Iterable<String> RECORDINGS = Recording.BLK;

  @TempDir private Path directory;

  private Served disk() {
    return new Served(
        new VirtioBlk(
            "disk0",
            RawZvol.open(
                new RawZvol.Options(
                    directory.resolve("disk.img"),
                    false,
                    OptionalLong.of(DISK_BYTES),
                    Optional.empty())),
            new VirtioBlk.Settings("serial", 2, 1, 126)));
  }

  @ParameterizedTest
  @FieldSource("RECORDINGS")
  void whatFrontEndsSay_isAnswered_andTheirRequestsAreDone(String name) {
    try (Served disk = disk()) {
      Resources before = Resources.settled();
      try (Player player = new Player(disk.connect())) {
        player.play(
            Recording.of(name),
            each ->
                each.running().forEach(index -> writeAndRead(each.buffers(), each.ring(index))));
        assertThat(player.leftOut()).isEmpty();
      }
      disk.awaitEnd();
      before.awaitBack();
      assertThat(disk.count("refused") + disk.count("broken")).isZero();
      assertThat(disk.count("reads")).isPositive();
    }
  }

  private static void writeAndRead(GuestRam ram, LiveRing ring) {
    byte[] block = new byte[BLOCK];
    Arrays.fill(block, (byte) 7);
    assertThat(ask(ram, ring, GuestDisk.OUT, 3, ram.readable(block))).isEqualTo(Status.OK);
    Piece back = ram.writable(BLOCK);
    assertThat(ask(ram, ring, GuestDisk.IN, 3, back)).isEqualTo(Status.OK);
    assertThat(ram.bytes(back)).isEqualTo(block);
  }

  /** One request, and its status. */
  private static byte ask(GuestRam ram, LiveRing ring, int type, long sector, Piece data) {
    Piece status = ram.writable(1);
    ram.at(status.address(), 1).fill(GuestDisk.UNTOUCHED);
    ring.driver().usedEvent(ring.driver().usedSeen()); // in case event indices were agreed on
    ring.driver().add(ram.readable(GuestDisk.header(type, sector)), data, status);
    ring.kick();
    ring.await();
    return ram.bytes(status)[0];
  }

  @Test
  @DisplayName(
      "C13: requests that are wrong fail, each counted by its reason, and nothing else does")
  void c13() {
    try (Served disk = disk();
        Neighbour neighbour = new Neighbour();
        Vmm vmm = Vmm.connected(disk, FEATURES)) {
      GuestRam ram = vmm.ram();
      LiveRing ring = vmm.start(0, 64);
      writeAndRead(ram, ring);
      long end = DISK_BYTES / BLOCK;
      Piece block = ram.readable(new byte[BLOCK]);
      for (long sector : new long[] {end, -1, Long.MIN_VALUE, 1L << 55, end - 1 + (1L << 55)}) {
        assertThat(ask(ram, ring, GuestDisk.OUT, sector, block)).isEqualTo(Status.IOERR);
        assertThat(ask(ram, ring, GuestDisk.IN, sector, ram.writable(BLOCK)))
            .isEqualTo(Status.IOERR);
      }
      assertThat(ask(ram, ring, GuestDisk.OUT, end - 1, ram.readable(new byte[2 * BLOCK])))
          .isEqualTo(Status.IOERR);
      assertThat(ask(ram, ring, GuestDisk.OUT, 0, ram.readable(new byte[BLOCK - 1])))
          .isEqualTo(Status.IOERR);
      assertThat(ask(ram, ring, GuestDisk.IN, 0, ram.writable(0))).isEqualTo(Status.IOERR);
      assertThat(ask(ram, ring, 99, 0, block)).isEqualTo(Status.UNSUPP);
      assertThat(ask(ram, ring, GuestDisk.GET_ID, 0, ram.writable(3))).isEqualTo(Status.OK);
      ring.driver().add(ram.readable(new byte[15]), ram.writable(1));
      ring.driver().add(ram.readable(GuestDisk.header(GuestDisk.OUT, 0)), block);
      ring.kick();
      ring.await();
      assertThat(ring.await().length()).as("without a byte for the status").isZero();
      Map<String, Long> reasons =
          Map.of(
              "beyondend",
              11L,
              "misaligned",
              1L,
              "nodata",
              1L,
              "unsupported",
              1L,
              "shortheader",
              1L,
              "nostatus",
              1L);
      reasons.forEach(
          (reason, count) -> assertThat(disk.count(reason)).as(reason).isEqualTo(count));
      writeAndRead(ram, ring);
      neighbour.answers(100);
      assertThat(disk.count("ringfaults")).isZero();
      assertThat(vmm.stop(0)).isEqualTo(ring.driver().usedSeen());
    }
  }

  @Test
  @DisplayName("C16: a disk whose guest writes the header of an image format stays what it is")
  void c16() throws IOException {
    byte[] header = Arrays.copyOf("QFI\u00fb".getBytes(StandardCharsets.ISO_8859_1), BLOCK);
    header[7] = 3; // a version of QCOW2
    for (int opening = 0; opening < 2; opening++) {
      try (Served disk = disk();
          Vmm vmm = Vmm.connected(disk, FEATURES)) {
        LiveRing ring = vmm.start(0, 64);
        Piece back = vmm.ram().writable(BLOCK);
        assertThat(ask(vmm.ram(), ring, GuestDisk.IN, 0, back)).isEqualTo(Status.OK);
        assertThat(vmm.ram().bytes(back)).isEqualTo(opening == 0 ? new byte[BLOCK] : header);
        Piece written = vmm.ram().readable(header);
        assertThat(ask(vmm.ram(), ring, GuestDisk.OUT, 0, written)).isEqualTo(Status.OK);
        assertThat(ask(vmm.ram(), ring, GuestDisk.OUT, DISK_BYTES / BLOCK, written))
            .as("a sector that the header could be read to promise")
            .isEqualTo(Status.IOERR);
      }
    }
    assertThat(Files.size(directory.resolve("disk.img"))).isEqualTo(DISK_BYTES);
  }

  @Test
  @DisplayName("T15: a driver without indirect descriptors has room for the longest request")
  void t15() {
    try (Served disk = disk();
        Vmm vmm = Vmm.connected(disk, FEATURES)) {
      LiveRing ring = vmm.start(0, 128);
      GuestRam ram = vmm.ram();
      Piece[] pieces = new Piece[128];
      pieces[0] = ram.readable(GuestDisk.header(GuestDisk.IN, 0));
      Arrays.setAll(pieces, i -> i == 0 ? pieces[0] : ram.writable(i == 127 ? 1 : BLOCK));
      ring.driver().add(pieces);
      ring.kick();
      ring.await();
      assertThat(ram.bytes(pieces[127])).containsExactly(Status.OK);
      Await.until("it is counted", () -> disk.count("nread") == 126 * BLOCK);
    }
  }
}
