package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.blk.GuestDisk.Answer;
import org.kvmzone.blk.GuestDisk.Request;
import org.kvmzone.blk.ZvolRequest.Op;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.QueueFault;

/**
 * Rings that break the rules (vhost-user.md C1, C2, C3, C5, C6): the ring is broken until it is
 * reset, nothing of the bad chain reaches the volume, and after the reset the disk works.
 */
class HostileRingTest {
  private static final int HEAD = 100; // far from what the honest part uses
  private static final int NEXT = DriverRing.NEXT;
  private static final int WRITE = DriverRing.WRITE;
  private static final int INDIRECT = DriverRing.INDIRECT;

  private final FaultyZvol zvol = new FaultyZvol(1 << 20, BlockSizes.of(512, 4096), false);
  private final GuestDisk guest = new GuestDisk(GuestDisk.device(zvol), GuestDisk.ALL);

  @AfterEach
  void close() {
    guest.close();
  }

  /** A chain, and what is wrong with it. */
  enum Hostility {
    A_DESCRIPTOR_THAT_FOLLOWS_ITSELF(
        QueueFault.CHAIN_TOO_LONG, guest -> chain(guest, header(guest), 16, NEXT, HEAD)),
    A_CIRCLE_OF_TWO(
        QueueFault.CHAIN_TOO_LONG,
        guest -> {
          guest.driver().descriptor(HEAD + 1, header(guest), 16, NEXT, HEAD);
          chain(guest, header(guest), 16, NEXT, HEAD + 1);
        }),
    A_HEAD_OUTSIDE_THE_TABLE(
        QueueFault.DESCRIPTOR_INDEX, guest -> guest.driver().available(GuestDisk.RING_SIZE)),
    A_NEXT_OUTSIDE_THE_TABLE(
        QueueFault.DESCRIPTOR_INDEX, guest -> chain(guest, header(guest), 16, NEXT, 0xffff)),
    DATA_OUTSIDE_MEMORY(
        QueueFault.BAD_ADDRESS,
        guest -> {
          guest.driver().descriptor(HEAD + 1, 0x10, 512, WRITE, 0);
          chain(guest, header(guest), 16, NEXT, HEAD + 1);
        }),
    DATA_ACROSS_THE_END_OF_MEMORY(
        QueueFault.BAD_ADDRESS,
        guest -> {
          long end = GuestRam.GUEST_BASE + guest.ram().region().size();
          guest.driver().descriptor(HEAD + 1, end - 100, 512, WRITE, 0);
          chain(guest, header(guest), 16, NEXT, HEAD + 1);
        }),
    DATA_THAT_WRAPS_AROUND(
        QueueFault.BAD_ADDRESS,
        guest -> {
          guest.driver().descriptor(HEAD + 1, -512, 1024, WRITE, 0);
          chain(guest, header(guest), 16, NEXT, HEAD + 1);
        }),
    A_HEADER_AFTER_THE_STATUS(
        QueueFault.READABLE_AFTER_WRITABLE,
        guest -> {
          guest.driver().descriptor(HEAD + 1, header(guest), 16, 0, 0);
          chain(guest, guest.status().address(), 1, WRITE | NEXT, HEAD + 1);
        }),
    AN_INDIRECT_TABLE_IN_ANOTHER(
        QueueFault.INDIRECT_FORBIDDEN,
        guest -> {
          long inner = guest.ram().allocate(16, 16);
          table(guest, 0, header(guest), 16, 0, 0, inner);
          long outer = guest.ram().allocate(16, 16);
          table(guest, 0, inner, 16, INDIRECT, 0, outer);
          chain(guest, outer, 16, INDIRECT, 0);
        }),
    AN_INDIRECT_TABLE_WITH_A_NEXT(
        QueueFault.INDIRECT_FORBIDDEN,
        guest -> {
          long table = guest.ram().allocate(16, 16);
          table(guest, 0, header(guest), 16, 0, 0, table);
          chain(guest, table, 16, INDIRECT | NEXT, HEAD + 1);
        }),
    AN_INDIRECT_TABLE_OF_A_BAD_LENGTH(
        QueueFault.INDIRECT_LENGTH,
        guest -> chain(guest, guest.ram().allocate(32, 16), 20, INDIRECT, 0)),
    AN_EMPTY_INDIRECT_TABLE(
        QueueFault.INDIRECT_LENGTH,
        guest -> chain(guest, guest.ram().allocate(32, 16), 0, INDIRECT, 0)),
    AN_INDIRECT_TABLE_OUTSIDE_MEMORY(
        QueueFault.BAD_ADDRESS, guest -> chain(guest, 0x1000, 32, INDIRECT, 0)),
    A_CIRCLE_IN_AN_INDIRECT_TABLE(
        QueueFault.CHAIN_TOO_LONG,
        guest -> {
          long table = guest.ram().allocate(32, 16);
          table(guest, 0, header(guest), 16, NEXT, 1, table);
          table(guest, 1, header(guest), 16, NEXT, 0, table);
          chain(guest, table, 32, INDIRECT, 0);
        }),
    A_NEXT_OUTSIDE_THE_INDIRECT_TABLE(
        QueueFault.DESCRIPTOR_INDEX,
        guest -> {
          long table = guest.ram().allocate(32, 16);
          table(guest, 0, header(guest), 16, NEXT, 2, table);
          chain(guest, table, 32, INDIRECT, 0);
        }),
    AN_INDEX_THAT_JUMPS(QueueFault.AVAILABLE_INDEX, guest -> guest.driver().availableIndex(0x7fff)),
    AN_INDEX_THAT_GOES_BACK(
        QueueFault.AVAILABLE_INDEX, guest -> guest.driver().availableIndex(0xffff));

    private final QueueFault fault;

    @SuppressWarnings("ImmutableEnumChecker") // none of them holds anything
    private final Consumer<GuestDisk> make;

    Hostility(QueueFault fault, Consumer<GuestDisk> make) {
      this.fault = fault;
      this.make = make;
    }

    private static long header(GuestDisk guest) {
      return guest.ram().readable(GuestDisk.header(GuestDisk.OUT, 0)).address();
    }

    private static void chain(GuestDisk guest, long address, int length, int flags, int next) {
      guest.driver().descriptor(HEAD, address, length, flags, next);
      guest.driver().available(HEAD);
    }

    private static void table(
        GuestDisk guest, int index, long address, int length, int flags, int next, long table) {
      MemorySegment entries = guest.ram().at(table, 16L * (index + 1));
      DriverRing.descriptor(entries, index, address, length, flags, next);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRingBreaks_andWorksAfterAReset(Hostility hostility) {
    Request before = guest.read(0, 512);
    assertThat(guest.answer()).isEqualTo(new Answer(before, Status.OK, 513));

    hostility.make.accept(guest);
    assertThat(guest.turn()).isZero();
    assertThat(guest.queue().ring().fault()).contains(hostility.fault);
    assertThat(guest.driver().nextUsed()).isEmpty();

    guest.write(0, new byte[512]);
    assertThat(guest.turn()).as("nothing is taken from a broken ring").isZero();
    assertThat(guest.device().mayIdle(guest.queue())).as("nor looked for").isTrue();
    assertThat(zvol.submitted()).containsExactly(Op.READ);

    guest.restart(GuestDisk.ALL);
    Request after = guest.write(0, new byte[512]);
    assertThat(guest.answer()).isEqualTo(new Answer(after, Status.OK, 1));
  }

  @Test
  void aRingThatBreaksWhileRequestsAreInFlight_isLeftAlone_andDrains() {
    zvol.hold();
    Request first = guest.read(0, 512);
    Request second = guest.write(1, new byte[512]);
    assertThat(guest.turn()).isEqualTo(2);
    Hostility.A_CIRCLE_OF_TWO.make.accept(guest);
    assertThat(guest.turn()).isZero();
    assertThat(guest.queue().ring().fault()).isPresent();

    zvol.releaseOne();
    zvol.releaseOne();
    assertThat(guest.turn()).isEqualTo(2);
    assertThat(guest.queue().ring().inFlight()).isZero();
    assertThat(guest.driver().nextUsed()).isEmpty();

    zvol.passThrough();
    guest.restart(GuestDisk.ALL);
    assertThat(guest.read(0, 512)).isNotEqualTo(first).isNotEqualTo(second);
    assertThat(guest.answer().status()).isEqualTo(Status.OK);
  }

  @Test
  void aHeadThatIsInFlight_cannotBeMadeAvailableAgain() {
    zvol.hold();
    Request read = guest.read(0, 512);
    assertThat(guest.turn()).isEqualTo(1);
    guest.driver().available(read.head());
    assertThat(guest.turn()).isZero();
    assertThat(guest.queue().ring().fault()).contains(QueueFault.HEAD_IN_FLIGHT);
    assertThat(zvol.held()).isEqualTo(1);
    zvol.releaseOne();
    assertThat(guest.turn()).isEqualTo(1);
    assertThat(guest.queue().ring().inFlight()).isZero();
  }

  @Test
  void aHeadTwiceInOneBatch_isTakenOnce() {
    zvol.hold();
    Request read = guest.read(0, 512);
    guest.driver().available(read.head());
    assertThat(guest.turn()).isEqualTo(1);
    assertThat(guest.queue().ring().fault()).contains(QueueFault.HEAD_IN_FLIGHT);
    assertThat(zvol.held()).isEqualTo(1);
  }

  @Test
  void indirectTablesThatWereNotNegotiated_breakTheRing() {
    guest.restart(VirtioBlk.F_FLUSH);
    Piece status = guest.status();
    assertThat(guest.driver().addIndirect(guest.ram().readable(GuestDisk.header(4, 0)), status))
        .isNotNegative();
    assertThat(guest.turn()).isZero();
    assertThat(guest.queue().ring().fault()).contains(QueueFault.INDIRECT_FORBIDDEN);
  }
}
