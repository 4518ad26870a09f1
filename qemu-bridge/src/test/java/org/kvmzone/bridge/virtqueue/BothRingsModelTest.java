package org.kvmzone.bridge.virtqueue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/**
 * A split and a packed ring side by side, against one model of lists: the same random traffic, and
 * writes against the rules between. Each such write changes nothing, or breaks both rings in the
 * way that the model says, at the next pop and not before.
 */
class BothRingsModelTest {
  private static final int STEPS = 60_000;
  private static final int SINGLES = 3; // fewer than rings have entries, and than may be asked for
  private static final long FEATURES =
      Features.VERSION_1 | Features.INDIRECT_DESC | Features.EVENT_IDX;

  /** What a driver does to the chain that is popped next, and what the ring then breaks of. */
  private enum Attack {
    ADDRESS(QueueFault.BAD_ADDRESS),
    WRAPPING_ADDRESS(QueueFault.BAD_ADDRESS),
    LENGTH(QueueFault.TOO_MANY_BYTES),
    DIRECTION(QueueFault.READABLE_AFTER_WRITABLE),
    ENDLESS(QueueFault.CHAIN_TOO_LONG),
    NAME(QueueFault.DESCRIPTOR_INDEX),
    NAME_IN_FLIGHT(QueueFault.HEAD_IN_FLIGHT),
    TABLE_LENGTH(QueueFault.INDIRECT_LENGTH),
    TABLE_WITH_NEXT(QueueFault.INDIRECT_FORBIDDEN),
    MORE_THAN_THERE_IS(QueueFault.AVAILABLE_INDEX);

    final QueueFault fault;

    Attack(QueueFault fault) {
      this.fault = fault;
    }
  }

  /** A chain, and what it is called and where it is popped to in each of the rings. */
  private record Made(boolean indirect, List<Piece> pieces, List<Integer> names, List<Chain> to) {
    boolean isSingle(boolean writable) {
      return !indirect && pieces.size() == 1 && pieces.getFirst().writable() == writable;
    }

    int descriptors() {
      return indirect ? 1 : pieces.size();
    }
  }

  /** A chain that was given back. */
  private record Given(List<Integer> names, int written) {}

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final GuestRam ram = new GuestRam(1L << 30);
  private final long buffers = ram.allocate(4096, 4096);
  private final Map<Attack, Integer> attacks = new EnumMap<>(Attack.class);
  private int size;
  private int taken;
  private int takenSingly;
  private final List<SingleBuffers> singles =
      List.of(new SingleBuffers(SINGLES), new SingleBuffers(SINGLES));
  private List<AttackedRing> rings = List.of();

  // The model: where each chain is.
  private final Deque<Made> available = new ArrayDeque<>();
  private final List<Made> inFlight = new ArrayList<>();
  private final Deque<Given> pushed = new ArrayDeque<>();
  private final Deque<Given> published = new ArrayDeque<>();
  private boolean lastWasPop; // then it may be undone

  @AfterEach
  void unmap() {
    ram.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8, 32})
  void bothRings_doWhatTheModelSays(int entries) {
    size = entries;
    begin();
    for (int i = 0; i < STEPS; i++) {
      step();
      for (AttackedRing ring : rings) {
        assertThat(ring.queue().fault()).as("seed %d, step %d", seed, i).isEmpty();
        assertThat(ring.queue().inFlight()).as("seed %d", seed).isEqualTo(inFlight.size());
        assertThat(ring.queue().hasAvailable())
            .as("seed %d, step %d", seed, i)
            .isEqualTo(!available.isEmpty());
      }
    }
    assertThat(taken).as("seed %d: chains taken", seed).isGreaterThan(1_000);
    assertThat(takenSingly).as("seed %d: in batches", seed).isGreaterThan(100);
    assertThat(attacks).as("seed %d", seed).containsOnlyKeys(Attack.values());
  }

  private void begin() {
    Stream.of(available, inFlight, pushed, published).forEach(list -> list.clear());
    lastWasPop = false;
    int index = random.nextInt(0x1_0000);
    rings =
        List.of(
            new AttackedSplit(ram, size, FEATURES, ram.memory(), index),
            new AttackedPacked(ram, size, FEATURES, ram.memory(), index));
  }

  private void step() {
    switch (random.nextInt(18)) {
      case 0, 1 -> make(random.nextBoolean(), 1 + random.nextInt(4));
      case 2, 3 -> make(false, 1);
      case 4, 5, 6, 7 -> pop();
      case 8 -> unpop();
      case 9, 10 -> push();
      case 11 -> publish();
      case 12 -> reclaim();
      case 13 -> rings.forEach(ring -> ring.scribble(random));
      case 14 -> scribbleAndPush();
      case 15, 16 -> popSingles();
      default -> {
        if (random.nextInt(2) == 0) {
          attack(Attack.values()[random.nextInt(Attack.values().length)]);
        }
      }
    }
  }

  private int free() {
    return rings.stream().mapToInt(ring -> ring.driver().free()).min().orElseThrow();
  }

  private boolean make(boolean indirect, int count) {
    if (free() < (indirect ? 1 : count)) {
      return false;
    }
    int readable = random.nextInt(count + 1);
    Piece[] pieces =
        IntStream.range(0, count)
            .mapToObj(
                i -> new Piece(buffers + random.nextInt(4000), random.nextInt(64), i >= readable))
            .toArray(Piece[]::new);
    available.add(
        new Made(
            indirect,
            List.of(pieces),
            rings.stream().map(ring -> ring.make(indirect, pieces)).toList(),
            List.of(new Chain(), new Chain())));
    return true;
  }

  private void pop() {
    Made expected = available.poll();
    lastWasPop = expected != null;
    for (int i = 0; i < rings.size(); i++) {
      Chain chain = expected == null ? new Chain() : expected.to.get(i);
      assertThat(rings.get(i).queue().pop(chain)).as("seed %d", seed).isEqualTo(lastWasPop);
      if (expected != null) {
        assertThat(chain.head()).as("seed %d", seed).isEqualTo(expected.names.get(i));
        assertThat(pieces(chain))
            .as("seed %d", seed)
            .isEqualTo(expected.pieces.stream().filter(piece -> piece.length() > 0).toList());
      }
    }
    if (expected != null) {
      inFlight.add(expected);
      taken++;
    }
  }

  /** Takes chains of one buffer, as many as both rings will; some are given back, some undone. */
  private void popSingles() {
    boolean writable = random.nextBoolean();
    int most = 1 + random.nextInt(2 * SINGLES);
    int there =
        (int)
            available.stream()
                .limit(Math.min(most, SINGLES))
                .takeWhile(made -> made.isSingle(writable))
                .count();
    int count = there;
    int[] popped = new int[rings.size()];
    for (int i = 0; i < rings.size(); i++) {
      popped[i] = rings.get(i).queue().pop(singles.get(i), most, writable);
      assertThat(popped[i]).as("seed %d: of %d", seed, most).isBetween(0, there);
      count = Math.min(count, popped[i]);
    }
    int common = random.nextInt(count + 1);
    int[] written = random.ints(common).toArray();
    each((ring, i) -> {
      int k = 0;
      for (Made made : available.stream().limit(popped[i]).toList()) {
        assertThat(singles.get(i).heads[k]).as("seed %d", seed).isEqualTo(made.names.get(i));
        assertThat(piece(singles.get(i), k++, writable)).isEqualTo(made.pieces.getFirst());
      }
      ring.queue().unpop(singles.get(i), common, popped[i]);
      int cut = common / 2;
      ring.queue().push(singles.get(i), 0, cut, written);
      ring.queue().push(singles.get(i), cut, common, written);
    });
    for (int w : written) {
      pushed.add(new Given(available.remove().names, w));
      lastWasPop = false;
      takenSingly++;
    }
  }

  private Piece piece(SingleBuffers batch, int index, boolean writable) {
    long start = ram.region().segment().address() - ram.region().guestAddress();
    return new Piece(
        batch.memory().address() + batch.offset(index) - start,
        (int) batch.length(index),
        writable);
  }

  private List<Piece> pieces(Chain chain) {
    return Stream.concat(pieces(chain.readable(), false), pieces(chain.writable(), true)).toList();
  }

  private Stream<Piece> pieces(Buffers half, boolean writable) {
    long start = ram.region().segment().address() - ram.region().guestAddress();
    return IntStream.range(0, half.count())
        .mapToObj(i -> new Piece(half.address(i) - start, (int) half.length(i), writable));
  }

  private void unpop() {
    if (lastWasPop) {
      Made undone = inFlight.removeLast();
      each((ring, i) -> ring.queue().unpop(undone.to.get(i)));
      available.addFirst(undone);
      lastWasPop = false;
    }
  }

  private void push() {
    if (!inFlight.isEmpty()) {
      push(inFlight.remove(random.nextInt(inFlight.size())));
    }
  }

  private void push(Made made) {
    int written = random.nextInt();
    each((ring, i) -> ring.queue().push(made.to.get(i), written));
    pushed.add(new Given(made.names, written));
    lastWasPop = false;
  }

  private void publish() {
    boolean[] wanted = new boolean[rings.size()];
    each((ring, i) -> {
      ring.queue().publish();
      wanted[i] = ring.queue().interruptWanted();
    });
    assertThat(pushed.isEmpty() && (wanted[0] || wanted[1]))
        .as("seed %d: an interrupt for nothing", seed)
        .isFalse();
    published.addAll(pushed);
    pushed.clear();
  }

  private void reclaim() {
    each((ring, i) -> {
      for (Given given : published) {
        assertThat(ring.driver().nextUsed())
            .as("seed %d", seed)
            .contains(new Used(given.names.get(i), given.written));
      }
      assertThat(ring.driver().nextUsed()).as("seed %d", seed).isEmpty();
    });
    published.clear();
  }

  /** The chain popped last is rewritten, and given back: it is what it was when it was popped. */
  private void scribbleAndPush() {
    if (lastWasPop) {
      Made last = inFlight.removeLast();
      List<Runnable> undo = new ArrayList<>();
      each((ring, i) -> undo.add(ring.scribble(last.names.get(i), random)));
      push(last);
      undo.forEach(Runnable::run);
    }
  }

  private void attack(Attack attack) {
    if (attack == Attack.MORE_THAN_THERE_IS) {
      reclaim();
      while (make(false, 1)) {}
      while (!available.isEmpty()) {
        pop();
      }
      rings.forEach(AttackedRing::overfill);
    } else if (!spoil(attack)) {
      return;
    }
    for (AttackedRing ring : rings) {
      assertThat(ring.queue().fault()).as("seed %d, %s, not yet popped", seed, attack).isEmpty();
      for (boolean writable : new boolean[] {false, true}) {
        assertThat(ring.queue().pop(singles.getFirst(), SINGLES, writable))
            .as("seed %d, %s", seed, attack)
            .isZero();
      }
      assertThat(ring.queue().pop(new Chain())).as("seed %d, %s", seed, attack).isFalse();
      assertThat(ring.queue().fault()).as("seed %d, %s", seed, attack).contains(attack.fault);
      assertThat(ring.queue().pop(new Chain())).as("seed %d, again", seed).isFalse();
      assertThat(ring.queue().hasAvailable()).as("seed %d", seed).isFalse();
      assertThat(ring.queue().armKicks()).as("seed %d: may sleep", seed).isTrue();
    }
    each((ring, i) -> {
      inFlight.forEach(made -> ring.queue().push(made.to.get(i), 1));
      ring.queue().publish();
      assertThat(ring.queue().inFlight()).as("seed %d", seed).isZero();
      assertThat(ring.queue().interruptWanted()).as("seed %d", seed).isFalse();
    });
    attacks.merge(attack, 1, Integer::sum);
    begin();
  }

  /** Spoils the chain that is popped next; false if it is none that can be spoilt so. */
  private boolean spoil(Attack attack) {
    Made next = available.peek();
    boolean needsTable = attack == Attack.TABLE_LENGTH || attack == Attack.TABLE_WITH_NEXT;
    boolean needsTwo = attack == Attack.LENGTH || attack == Attack.DIRECTION;
    if (next == null
        || (needsTable && !next.indirect)
        || (attack == Attack.ENDLESS && next.indirect)
        || (attack == Attack.NAME_IN_FLIGHT && inFlight.isEmpty())
        || (needsTwo && next.pieces.size() < 2)) {
      return false;
    }
    int piece = random.nextInt(next.pieces.size());
    int beyond = size + random.nextInt(0x1_0000 - size);
    each((ring, i) -> spoil(ring, next, next.names.get(i), attack, piece, beyond, i));
    return true;
  }

  private void spoil(
      AttackedRing ring, Made next, int name, Attack attack, int piece, int beyond, int i) {
    switch (attack) {
      case ADDRESS -> {
        ring.address(ring.descriptor(name, piece), GuestRam.GUEST_BASE - 1);
        ring.length(ring.descriptor(name, piece), 2);
      }
      case WRAPPING_ADDRESS -> {
        ring.address(ring.descriptor(name, piece), -8);
        ring.length(ring.descriptor(name, piece), 16);
      }
      case LENGTH -> {
        ring.length(ring.descriptor(name, 0), 1);
        ring.length(ring.descriptor(name, 1), -1);
      }
      case DIRECTION -> {
        ring.flags(ring.descriptor(name, 0), AttackedRing.WRITE, 0);
        ring.flags(ring.descriptor(name, 1), 0, AttackedRing.WRITE);
      }
      case ENDLESS -> {
        for (int k = 0; k < next.descriptors(); k++) {
          ring.flags(ring.descriptor(name, k), AttackedRing.WRITE, 0);
        }
        ring.unend(name, next.descriptors());
      }
      case NAME -> ring.rename(name, next.descriptors(), beyond);
      case NAME_IN_FLIGHT ->
          ring.rename(name, next.descriptors(), inFlight.getFirst().names.get(i));
      case TABLE_LENGTH -> ring.length(ring.reference(name), beyond % 2 == 0 ? 0 : 24);
      case TABLE_WITH_NEXT -> ring.flags(ring.reference(name), AttackedRing.NEXT, 0);
      case MORE_THAN_THERE_IS -> throw new AssertionError(attack);
    }
  }

  @FunctionalInterface
  private interface Act {
    void on(AttackedRing ring, int index);
  }

  private void each(Act act) {
    for (int i = 0; i < rings.size(); i++) {
      act.on(rings.get(i), i);
    }
  }
}
