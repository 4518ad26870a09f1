package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.PackedDriverRing;

/** What a back end of a packed ring that dies leaves to its successor, wherever it dies. */
class PackedInflightTest {
  private static final int SIZE = 8;
  private static final int STEPS = 30_000;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final GuestRam ram = new GuestRam(1 << 20);
  private final Piece piece = new Piece(ram.allocate(64, 16), 64, true);
  private PackedDriverRing driver = new PackedDriverRing(ram, SIZE);
  private int begin = driver.base();
  private MemorySegment area = area(SIZE);

  /** Area and ring as they were at each fence since the last death was possible. */
  private final List<byte[]> images = new ArrayList<>();

  @AfterEach
  void unmap() {
    ram.close();
  }

  private static MemorySegment area(int size) {
    return Arena.ofAuto().allocate(32 + 32L * size, 64);
  }

  /** A back end that comes to the ring, knowing nothing but the area. */
  private PackedVirtqueue successor() {
    // A base is believed only if the area was never used.
    boolean used = area.get(JAVA_SHORT, 8) != 0;
    int base = used ? random.nextInt(driver.size()) : begin;
    return new PackedVirtqueue(
        driver.size(),
        Features.INDIRECT_DESC,
        base,
        ram.memory(),
        driver.memory(),
        Optional.of(area),
        this::look);
  }

  private static List<Integer> popAll(Virtqueue queue) {
    List<Integer> ids = new ArrayList<>();
    Chain chain = new Chain();
    while (queue.pop(chain)) {
      ids.add(chain.head());
    }
    return ids;
  }

  private static Chain pop(Virtqueue queue) {
    Chain chain = new Chain();
    assertThat(queue.pop(chain)).isTrue();
    return chain;
  }

  @Test
  void whatWasTaken_comesAgainInItsOrder_beforeWhatIsNew() {
    List<Integer> made = Stream.generate(() -> driver.add(piece)).limit(5).toList();
    PackedVirtqueue first = successor();
    Chain a = pop(first);
    pop(first);
    Chain c = pop(first);
    pop(first);
    first.push(c, 1);
    first.publish();
    first.push(a, 1); // not published: nobody was told
    PackedVirtqueue second = successor();
    assertThat(second.leftOver()).isEqualTo(3);
    assertThat(second.hasAvailable()).isTrue();
    assertThat(popAll(second)).containsExactly(made.get(0), made.get(1), made.get(3), made.get(4));
    assertThat(second.inFlight()).isEqualTo(4);
    assertThat(second.fault()).isEmpty();
  }

  /** The slots of a chain in flight are written over when others complete before it. */
  @Test
  void whatWasTaken_isWhatItWas_althoughTheRingHoldsItNoMore() {
    driver.add(ram.readable((byte) 1, (byte) 2), ram.writable(7));
    driver.addIndirect(ram.readable((byte) 3), ram.writable(5));
    driver.add(piece);
    driver.add(piece);
    PackedVirtqueue first = successor();
    pop(first);
    pop(first);
    Chain third = pop(first);
    Chain fourth = pop(first);
    first.push(third, 1);
    first.push(fourth, 1);
    first.publish();
    PackedVirtqueue second = successor();
    Chain chain = pop(second);
    assertThat(chain.readable().bytes()).isEqualTo(2);
    assertThat(chain.readable().byteAt(1)).isEqualTo((byte) 2);
    assertThat(chain.writable().bytes()).isEqualTo(7);
    chain = pop(second);
    assertThat(chain.readable().byteAt(0)).isEqualTo((byte) 3);
    assertThat(chain.writable().bytes()).isEqualTo(5);
  }

  @Test
  void whatWasUndone_isAvailableAgain_once() {
    driver.add(piece);
    PackedVirtqueue first = successor();
    first.unpop(pop(first));
    PackedVirtqueue second = successor();
    assertThat(second.leftOver()).isZero();
    second.unpop(pop(second));
    pop(second);
    PackedVirtqueue third = successor();
    third.unpop(pop(third));
    assertThat(third.leftOver()).isEqualTo(1);
    assertThat(popAll(third)).hasSize(1);
  }

  @Test
  void aRing_whoseAreaIsNew_beginsWhereTheFrontEndSays() {
    driver.startAt(SIZE + 3);
    begin = driver.base();
    int id = driver.add(piece);
    PackedVirtqueue first = successor();
    first.push(pop(first), 4);
    first.publish();
    assertThat(driver.nextUsed()).contains(new Used(id, 4));
    PackedVirtqueue second = successor();
    assertThat(second.base()).isEqualTo(first.base()).isEqualTo(driver.base());
  }

  /**
   * Dies between any two stores, of taking, undoing, giving back, and of recovering itself: what is
   * between two fences may be there in part.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8})
  void whereverABackEndDies_eachChainIsGivenBackOnce(int size) {
    driver = new PackedDriverRing(ram, size);
    driver.startAt(random.nextInt(2 * size));
    begin = driver.base();
    area = area(size);
    int given = 0;
    int deaths = 0;
    List<Integer> inDriver = new ArrayList<>();
    List<Chain> taken = new ArrayList<>();
    PackedVirtqueue queue = successor();
    boolean lastWasPop = false;
    for (int step = 0; step < STEPS; step++) {
      images.clear();
      make(inDriver);
      look();
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          Chain chain = new Chain();
          lastWasPop = queue.pop(chain);
          if (lastWasPop) {
            taken.add(chain);
          }
        }
        case 2 -> {
          if (lastWasPop) {
            queue.unpop(taken.removeLast());
            lastWasPop = false;
          }
        }
        default -> {
          for (int i = random.nextInt(4); i > 0 && !taken.isEmpty(); i--) {
            queue.push(taken.remove(random.nextInt(taken.size())), 1);
            lastWasPop = false;
          }
          queue.publish();
        }
      }
      look();
      while (random.nextInt(4) == 0) {
        deaths++;
        tear();
        images.clear();
        look();
        queue = successor();
        look();
        taken.clear();
        lastWasPop = false;
      }
      for (Optional<Used> used = driver.nextUsed(); used.isPresent(); used = driver.nextUsed()) {
        given++;
        assertThat(inDriver.remove((Object) used.get().head()))
            .as("seed %d, step %d: chain %s was the driver's already", seed, step, used)
            .isTrue();
      }
      assertThat(queue.fault()).as("seed %d, step %d", seed, step).isEmpty();
    }
    assertThat(given).as("seed %d: chains given back", seed).isGreaterThan(500);
    assertThat(deaths).as("seed %d: deaths", seed).isGreaterThan(500);
    List<Integer> left = popAll(successor());
    assertThat(left).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(inDriver);
  }

  private void make(List<Integer> inDriver) {
    int count = 1 + random.nextInt(3);
    boolean indirect = random.nextInt(3) == 0;
    if (random.nextBoolean() && driver.free() >= (indirect ? 1 : count)) {
      Piece[] pieces = Stream.generate(() -> piece).limit(count).toArray(Piece[]::new);
      inDriver.add(indirect ? driver.addIndirect(pieces) : driver.add(pieces));
    }
  }

  private void look() {
    byte[] ring = driver.memory().descriptors().toArray(JAVA_BYTE);
    byte[] image = new byte[(int) area.byteSize() + ring.length];
    MemorySegment.copy(area, JAVA_BYTE, 0, image, 0, (int) area.byteSize());
    System.arraycopy(ring, 0, image, (int) area.byteSize(), ring.length);
    images.add(image);
  }

  /** Puts back what memory was at one of the fences, and some of the stores before the next. */
  private void tear() {
    int at = random.nextInt(images.size());
    byte[] torn = images.get(at).clone();
    byte[] next = images.get(Math.min(at + 1, images.size() - 1));
    stores()
        .filter(store -> random.nextBoolean())
        .forEach(store -> System.arraycopy(next, store[0], torn, store[0], store[1]));
    int areaBytes = (int) area.byteSize();
    MemorySegment.copy(torn, 0, area, JAVA_BYTE, 0, areaBytes);
    MemorySegment ring = driver.memory().descriptors();
    MemorySegment.copy(torn, areaBytes, ring, JAVA_BYTE, 0, torn.length - areaBytes);
  }

  /** Where in an image each store goes, and how long it is. */
  private Stream<int[]> stores() {
    int ring = (int) area.byteSize();
    int[][] header = {{8, 2}, {10, 2}, {12, 4}, {16, 8}};
    int[][] entry = {{0, 1}, {2, 2}, {4, 2}, {6, 2}, {8, 8}, {16, 8}, {24, 8}};
    int[][] descriptor = {{0, 8}, {8, 4}, {12, 2}, {14, 2}};
    return Stream.of(
            Stream.of(header),
            IntStream.range(0, driver.size())
                .boxed()
                .flatMap(i -> Stream.of(entry).map(s -> new int[] {32 + 32 * i + s[0], s[1]})),
            IntStream.range(0, driver.size())
                .boxed()
                .flatMap(
                    i -> Stream.of(descriptor).map(s -> new int[] {ring + 16 * i + s[0], s[1]})))
        .flatMap(each -> each);
  }

  @Test
  void nonsenseInTheArea_isRefusedOrHarmless_neverMore() {
    int refused = 0;
    for (int round = 0; round < 5_000; round++) {
      byte[] bytes = new byte[(int) area.byteSize()];
      random.nextBytes(bytes);
      MemorySegment.copy(bytes, 0, area, JAVA_BYTE, 0, bytes.length);
      area.set(JAVA_SHORT, 8, (short) 1);
      area.set(JAVA_SHORT, 10, (short) SIZE);
      if (random.nextInt(8) > 0) { // mostly right, so that the rest is looked at
        plausible();
      }
      try {
        PackedVirtqueue queue = successor();
        assertThat(queue.leftOver()).as("seed %d, round %d", seed, round).isBetween(0, SIZE);
        assertThat(popAll(queue)).as("seed %d, round %d", seed, round).hasSizeBetween(0, SIZE);
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageStartingWith("in-flight area");
        refused++;
      }
    }
    assertThat(refused).as("seed %d", seed).isBetween(1, 4_999);
  }

  /** Numbers that are inside, chains of one or two, a mark here and there. */
  private void plausible() {
    area.set(JAVA_SHORT, 16, (short) random.nextInt(SIZE));
    area.set(JAVA_SHORT, 18, (short) random.nextInt(SIZE));
    for (int i = 0; i < SIZE; i++) {
      int at = 32 + 32 * i;
      int number = 1 + random.nextInt(2);
      int next = random.nextInt(SIZE);
      area.set(JAVA_BYTE, at, (byte) (random.nextInt(6) == 0 ? 1 : 0));
      area.set(JAVA_SHORT, at + 2, (short) next);
      area.set(JAVA_SHORT, at + 4, (short) (number == 1 ? i : next));
      area.set(JAVA_SHORT, at + 6, (short) number);
      area.set(JAVA_SHORT, at + 16, (short) random.nextInt(SIZE));
      area.set(JAVA_SHORT, at + 18, (short) (random.nextInt(4) - 1 + number));
    }
  }

  @Test
  void anAreaOfAnotherVersion_isRefused() {
    area.set(JAVA_SHORT, 8, (short) 2);
    assertThatIllegalArgumentException()
        .isThrownBy(this::successor)
        .withMessage("in-flight area of version 2");
  }

  @Test
  void anAreaOfAnotherRing_isRefused() {
    successor();
    driver = new PackedDriverRing(ram, SIZE - 1);
    assertThatIllegalArgumentException()
        .isThrownBy(this::successor)
        .withMessage("in-flight area of 8 entries for a ring of 7");
  }

  @Test
  void anAreaThatIsTooSmall_isRefused() {
    driver = new PackedDriverRing(ram, SIZE + 1);
    assertThatIllegalArgumentException()
        .isThrownBy(this::successor)
        .withMessage("in-flight area of 288 bytes for a ring of 9");
  }
}
