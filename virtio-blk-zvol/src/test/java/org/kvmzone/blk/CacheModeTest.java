package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.kvmzone.blk.GuestDisk.Answer;
import org.kvmzone.blk.GuestDisk.Request;
import org.kvmzone.blk.ZvolRequest.Op;
import org.kvmzone.bridge.ffi.Errno;

/** When a completed write is durable, and who says so. */
class CacheModeTest {
  private static final int WRITEBACK = 32;
  private static final long CONFIG = GuestDisk.ALL | VirtioBlk.F_CONFIG_WCE;
  private static final long SIZE = 64 * 512;

  private final FaultyZvol zvol = new FaultyZvol(SIZE, BlockSizes.of(512, 512), false);

  private static VirtioBlk.Settings settings(boolean syncAlways) {
    return new VirtioBlk.Settings("s", 1, 1, 126, syncAlways, Limits.NONE, Optional.empty());
  }

  private static void choose(VirtioBlk disk, boolean writeback) {
    assertThat(disk.writeConfig(WRITEBACK, new byte[] {(byte) (writeback ? 1 : 0)})).isTrue();
  }

  private static String cache(GuestDisk guest) {
    return guest.device().report().properties().getOrDefault("cache", "");
  }

  private List<Op> afterAWrite(GuestDisk guest) {
    int before = zvol.submitted().size();
    guest.write(0, new byte[512]);
    assertThat(guest.answer().status()).isEqualTo(Status.OK);
    List<Op> all = zvol.submitted();
    return all.subList(before, all.size());
  }

  @Test
  void theCacheStartsWriteBack_andItsDriverMayChangeThatWhileItRuns() {
    try (GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), CONFIG)) {
      assertThat(cache(guest)).isEqualTo("writeback");
      assertThat(afterAWrite(guest)).containsExactly(Op.WRITE);
      choose(guest.device(), false);
      assertThat(zvol.submitted()).as("what was complete is made durable").endsWith(Op.FLUSH);
      assertThat(cache(guest)).isEqualTo("writethrough");
      assertThat(afterAWrite(guest)).containsExactly(Op.WRITE, Op.FLUSH);
      choose(guest.device(), true);
      assertThat(afterAWrite(guest)).containsExactly(Op.WRITE);
    }
  }

  @Test
  void zeroesAreWritesToo_discardsAreNot() {
    try (GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), 0)) {
      Request zeroes = guest.segments(GuestDisk.WRITE_ZEROES, 0, 8, 0);
      assertThat(guest.answer()).isEqualTo(new Answer(zeroes, Status.OK, 1));
      assertThat(zvol.submitted()).containsExactly(Op.WRITE_ZEROES, Op.FLUSH);
      Request discard = guest.segments(GuestDisk.DISCARD, 0, 8, 0, 8, 8, 0);
      assertThat(guest.answer()).isEqualTo(new Answer(discard, Status.OK, 1));
      assertThat(zvol.submitted().subList(2, 4)).containsExactly(Op.DISCARD, Op.DISCARD);
    }
  }

  @Test
  void aDriverThatDidNotTakeTheFeature_hasNothingToChoose() {
    try (GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), GuestDisk.ALL)) {
      choose(guest.device(), false);
      assertThat(cache(guest)).isEqualTo("writeback");
      guest.restart(VirtioBlk.F_CONFIG_WCE); // it could not flush
      choose(guest.device(), true);
      assertThat(cache(guest)).isEqualTo("writethrough");
      assertThat(afterAWrite(guest)).containsExactly(Op.WRITE, Op.FLUSH);
    }
  }

  @Test
  void whatWasChosen_outlivesAReset_asItDoesInQemu() {
    try (GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), CONFIG)) {
      choose(guest.device(), false);
      guest.restart(CONFIG);
      assertThat(guest.device().config()[WRITEBACK]).isZero();
      assertThat(afterAWrite(guest)).containsExactly(Op.WRITE, Op.FLUSH);
    }
  }

  @Test
  void syncAlways_leavesNoChoice() {
    VirtioBlk disk = new VirtioBlk("d", zvol, settings(true));
    try (GuestDisk guest = new GuestDisk(disk, CONFIG)) {
      assertThat(disk.config()[WRITEBACK]).isZero();
      choose(disk, true);
      assertThat(disk.config()[WRITEBACK]).isZero();
      assertThat(cache(guest)).isEqualTo("writethrough");
      assertThat(afterAWrite(guest)).containsExactly(Op.WRITE, Op.FLUSH);
    }
  }

  @Test
  void aWriteUnderWay_whenTheCacheBeginsToWriteThrough_isDurableWhenItCompletes() {
    try (GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), CONFIG)) {
      zvol.hold();
      Request write = guest.write(0, new byte[512]);
      assertThat(guest.turn()).isPositive();
      choose(guest.device(), false);
      assertThat(zvol.submitted()).containsExactly(Op.WRITE, Op.FLUSH);
      zvol.releaseSome(2);
      assertThat(guest.turn()).isPositive();
      assertThat(guest.next()).as("that flush may have been before it").isEmpty();
      assertThat(zvol.submitted()).containsExactly(Op.WRITE, Op.FLUSH, Op.FLUSH);
      zvol.releaseOne();
      assertThat(guest.answer()).isEqualTo(new Answer(write, Status.OK, 1));
    }
  }

  @Test
  void aGuestThatChangesItsMindAllTheTime_doesNotPileUpFlushes() {
    try (GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), CONFIG)) {
      zvol.hold();
      for (int i = 0; i < 1000; i++) {
        choose(guest.device(), false);
        choose(guest.device(), true);
      }
      assertThat(zvol.held()).isEqualTo(1);
      zvol.releaseOne();
      assertThat(zvol.held()).as("one for all that came meanwhile").isEqualTo(1);
      zvol.releaseOne();
      assertThat(zvol.held()).isZero();
    }
  }

  /**
   * A volume that loses its power at any time: of what was written it keeps what a flush was
   * submitted for after it was complete, and of the rest whatever it likes, which here is nothing.
   */
  private static final class ForgetfulZvol implements Zvol {
    private final MemorySegment content = Arena.ofAuto().allocate(SIZE);
    private final int[] changes = new int[(int) SIZE / 512]; // of each sector
    private final byte[] durable = new byte[(int) SIZE];
    private final int[] durableChanges = new int[changes.length];
    private final List<ZvolRequest> underWay = new ArrayList<>();
    private final Map<ZvolRequest, Promise> promised = new HashMap<>();

    /** What a flush will have made durable. */
    private static final class Promise {
      final byte[] content;
      final int[] changes;

      Promise(byte[] content, int[] changes) {
        this.content = content;
        this.changes = changes;
      }
    }

    @Override
    public void submit(ZvolRequest request) {
      if (request.op() == Op.FLUSH) {
        promised.put(request, new Promise(content.toArray(ValueLayout.JAVA_BYTE), changes.clone()));
      }
      underWay.add(request);
    }

    private void keep(Promise promise) {
      for (int i = 0; i < changes.length; i++) {
        if (promise.changes[i] > durableChanges[i]) {
          durableChanges[i] = promise.changes[i];
          System.arraycopy(promise.content, i * 512, durable, i * 512, 512);
        }
      }
    }

    private void changed(ZvolRequest request) {
      for (long at = request.offset(); at < request.offset() + request.length(); at += 512) {
        changes[(int) (at / 512)]++;
      }
    }

    /** Completes one operation that is under way, any one. @return false if there is none */
    boolean completeAny(Random random) {
      if (underWay.isEmpty()) {
        return false;
      }
      ZvolRequest request = underWay.remove(random.nextInt(underWay.size()));
      switch (request.op()) {
        case WRITE -> request.data().copyTo(0, content, request.offset(), request.length());
        case WRITE_ZEROES -> content.asSlice(request.offset(), request.length()).fill((byte) 0);
        case FLUSH -> keep(Objects.requireNonNull(promised.remove(request)));
        default -> throw new AssertionError(request.op());
      }
      changed(request);
      request.complete(0);
      return true;
    }

    @Override
    public String name() {
      return "forgetful";
    }

    @Override
    public long size() {
      return SIZE;
    }

    @Override
    public BlockSizes blockSizes() {
      return BlockSizes.of(512, 512);
    }

    @Override
    public long resize(OptionalLong wanted) {
      return SIZE;
    }

    @Override
    public boolean readOnly() {
      return false;
    }

    @Override
    public Map<String, String> properties() {
      return Map.of();
    }

    @Override
    public void close() {}
  }

  /** Each sector is written by one request at a time, so that what it must hold is known. */
  @Test
  void whatIsCalledDurable_isDurable() {
    long seed = Long.getLong("kvmzone.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      ForgetfulZvol forgetful = new ForgetfulZvol();
      VirtioBlk disk = new VirtioBlk("disk0", forgetful, settings(random.nextInt(8) == 0));
      try (GuestDisk guest = new GuestDisk(disk, random.nextInt(4) == 0 ? 0 : CONFIG, 1 << 20)) {
        new Model(guest, forgetful, random, "seed %d, round %d".formatted(seed, round)).run();
      }
    }
  }

  /** A driver, and what it may rely on after each answer. */
  private static final class Model {
    private final GuestDisk guest;
    private final ForgetfulZvol zvol;
    private final Random random;
    private final String name;
    private final Map<Request, Integer> sectors = new HashMap<>(); // of writes under way
    private final Map<Request, int[]> flushes = new HashMap<>(); // and what was complete before
    private final byte[] values = new byte[(int) SIZE / 512]; // by sector
    private final int[] complete = new int[values.length]; // how many writes of each
    private int value;

    Model(GuestDisk guest, ForgetfulZvol zvol, Random random, String name) {
      this.guest = guest;
      this.zvol = zvol;
      this.random = random;
      this.name = name;
    }

    void run() {
      for (int step = 0; step < 100; step++) {
        switch (random.nextInt(6)) {
          case 0, 1 -> write();
          case 2 -> flushes.put(guest.flush(), complete.clone());
          case 3 -> choose(guest.device(), random.nextBoolean());
          default -> {
            boolean ignored = zvol.completeAny(random);
          }
        }
        hear();
      }
      while (zvol.completeAny(random)) {
        hear();
      }
      assertThat(sectors).as(name).isEmpty();
      assertThat(flushes).as(name).isEmpty();
    }

    private void write() {
      int sector = random.nextInt(values.length);
      if (sectors.containsValue(sector) || sectors.size() > 20) {
        return;
      }
      byte[] bytes = new byte[512];
      boolean zeroes = random.nextInt(4) == 0;
      values[sector] = (byte) (zeroes ? 0 : 1 + value++ % 127);
      Arrays.fill(bytes, values[sector]);
      Request request =
          zeroes
              ? guest.segments(GuestDisk.WRITE_ZEROES, sector, 1, 0)
              : guest.write(sector, bytes);
      sectors.put(request, sector);
    }

    private void hear() {
      boolean through = guest.device().report().properties().containsValue("writethrough");
      int ignored = guest.turn();
      for (var next = guest.next(); next.isPresent(); next = guest.next()) {
        Answer answer = next.get();
        assertThat(answer.status()).as(name).isEqualTo(Status.OK);
        Integer sector = sectors.remove(answer.request());
        if (sector != null) {
          complete[sector]++;
          if (through) {
            assertDurable(sector, values[sector]);
          }
        } else {
          int[] before = Objects.requireNonNull(flushes.remove(answer.request()));
          for (int i = 0; i < before.length; i++) {
            boolean since = before[i] != complete[i] || sectors.containsValue(i);
            if (!since) {
              assertDurable(i, values[i]);
            }
          }
        }
      }
    }

    private void assertDurable(int sector, byte value) {
      assertThat(zvol.durable[sector * 512]).as("%s, sector %d", name, sector).isEqualTo(value);
    }
  }

  @Test
  void aFlushOfOursThatFails_isNotTheLastOne() {
    try (GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), CONFIG)) {
      zvol.fault(request -> Errno.EIO);
      choose(guest.device(), false);
      Request write = guest.write(0, new byte[512]);
      assertThat(guest.answer()).isEqualTo(new Answer(write, Status.IOERR, 1));
      zvol.fault(request -> 0);
      assertThat(afterAWrite(guest)).containsExactly(Op.WRITE, Op.FLUSH);
    }
  }
}
