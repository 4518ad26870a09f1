package org.kvmzone.bridge.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Buffers over three segments against the same bytes in an array: whatever is done to the one is
 * done to the other, and afterwards all memory is the same, also what no piece covers.
 */
class BuffersModelTest {
  private static final int SEGMENTS = 3;
  private static final int SEGMENT_BYTES = 256;
  private static final int OPERATIONS = 20_000;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<MemorySegment> segments = new ArrayList<>();
  private final byte[] model = new byte[SEGMENTS * SEGMENT_BYTES];

  /** A list of pieces, and which bytes of the model they are. */
  private record Both(Buffers buffers, List<Integer> bytes) {}

  @Test
  void everyOperation_doesToMemoryWhatItDoesToAnArray() {
    for (int i = 0; i < SEGMENTS; i++) {
      segments.add(Arena.ofAuto().allocate(SEGMENT_BYTES));
    }
    Both left = new Both(new Buffers(), new ArrayList<>());
    Both right = new Both(new Buffers(), new ArrayList<>());
    for (int i = 0; i < OPERATIONS; i++) {
      if (i % 50 == 0) {
        deal(left, right);
      }
      operate(left, right);
      assertThat(left.buffers.bytes()).as("seed %d", seed).isEqualTo(left.bytes.size());
      for (int s = 0; s < SEGMENTS; s++) {
        MemorySegment expected =
            MemorySegment.ofArray(model).asSlice((long) s * SEGMENT_BYTES, SEGMENT_BYTES);
        assertThat(segments.get(s).mismatch(expected))
            .as("seed %d, operation %d: first wrong byte of segment %d", seed, i, s)
            .isEqualTo(-1);
      }
    }
  }

  /** Cuts all memory into pieces and deals most of them out, so that none overlaps another. */
  private void deal(Both left, Both right) {
    left.buffers.clear();
    left.bytes.clear();
    right.buffers.clear();
    right.bytes.clear();
    List<int[]> cuts = new ArrayList<>();
    for (int at = 0; at < model.length; ) {
      int toTheEnd = SEGMENT_BYTES - at % SEGMENT_BYTES;
      int length = Math.min(toTheEnd, random.nextInt(random.nextBoolean() ? 4 : 80));
      cuts.add(new int[] {at, length});
      at += length;
    }
    Collections.shuffle(cuts, random);
    for (int[] cut : cuts) {
      switch (random.nextInt(5)) {
        case 0 -> {} // nobody's
        case 1, 2 -> add(left, cut[0], cut[1]);
        default -> add(right, cut[0], cut[1]);
      }
    }
  }

  private void add(Both both, int at, int length) {
    both.buffers.add(segments.get(at / SEGMENT_BYTES), at % SEGMENT_BYTES, length);
    for (int i = 0; i < length; i++) {
      both.bytes.add(at + i);
    }
  }

  private void operate(Both left, Both right) {
    int position = random.nextInt(left.bytes.size() + 1);
    int length = random.nextInt(left.bytes.size() - position + 1);
    switch (random.nextInt(7)) {
      case 0 -> copyFromASegment(left, position, length);
      case 1 -> copyToASegment(left, position, length);
      case 2 -> copyToBuffers(left, position, Math.min(length, right.bytes.size()), right);
      case 3 -> {
        left.buffers.zero(position, length);
        left.bytes.subList(position, position + length).forEach(at -> model[at] = 0);
      }
      case 4 -> oneByte(left);
      case 5 -> {
        int first = Math.min(length, 9); // or little is left for the others
        left.buffers.removeFirst(first);
        left.bytes.subList(0, first).clear();
      }
      default -> slice(left, position, length);
    }
  }

  private void copyFromASegment(Both both, int position, int length) {
    byte[] bytes = new byte[length + 3];
    random.nextBytes(bytes);
    both.buffers.copyFrom(position, MemorySegment.ofArray(bytes), 3, length);
    for (int i = 0; i < length; i++) {
      model[both.bytes.get(position + i)] = bytes[i + 3];
    }
  }

  private void copyToASegment(Both both, int position, int length) {
    MemorySegment target = Arena.ofAuto().allocate(length + 4L);
    both.buffers.copyTo(position, target, 2, length);
    for (int i = 0; i < length; i++) {
      assertThat(target.get(JAVA_BYTE, i + 2L))
          .as("seed %d", seed)
          .isEqualTo(model[both.bytes.get(position + i)]);
    }
    assertThat(target.get(JAVA_BYTE, length + 2L)).as("seed %d", seed).isZero();
  }

  private void copyToBuffers(Both source, int position, int length, Both target) {
    int to = random.nextInt(target.bytes.size() - length + 1);
    source.buffers.copyTo(position, target.buffers, to, length);
    for (int i = 0; i < length; i++) {
      model[target.bytes.get(to + i)] = model[source.bytes.get(position + i)];
    }
  }

  private void oneByte(Both both) {
    if (!both.bytes.isEmpty()) {
      int position = random.nextInt(both.bytes.size());
      byte value = (byte) random.nextInt();
      both.buffers.setByte(position, value);
      model[both.bytes.get(position)] = value;
      assertThat(both.buffers.byteAt(position)).as("seed %d", seed).isEqualTo(value);
    }
  }

  /** Fills a slice, through a list of its own. */
  private void slice(Both both, int position, int length) {
    Buffers slice = new Buffers();
    slice.setSlice(both.buffers, position, length);
    assertThat(slice.bytes()).as("seed %d", seed).isEqualTo(length);
    copyFromASegment(new Both(slice, both.bytes.subList(position, position + length)), 0, length);
  }
}
