package org.kvmzone.bench.bare;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.kvmzone.bridge.memory.MemoryRegion;

/** The loops in C ({@code src/main/c/bare.c}), called from the polling thread. */
final class CLoop implements Loop {
  private static final int LOOP_WORDS = 8;
  private static final int RING_WORDS = 8;
  private static final int REGION_WORDS = 3;
  private static final int RINGS = 2;
  private static final int NEXT = 6; // of a ring's words
  private static final int CHAINS = 5; // of the loop's
  private static final int BATCHES = 6;

  private final MemorySegment state;
  private final MemorySegment frame; // which the state points to
  private final MethodHandle poll;

  /** The loop that the options name over these rings. */
  CLoop(Options options, Disk disk, List<RingPlace> rings, List<MemoryRegion> regions) {
    int words = LOOP_WORDS + RINGS * RING_WORDS + REGION_WORDS * regions.size();
    state = Arena.ofAuto().allocate(8L * words, 64);
    frame = Source.frame(options.frameBytes());
    put(0, frame.address(), frame.byteSize(), disk.memory().address(), disk.memory().byteSize());
    put(4, regions.size());
    int at = LOOP_WORDS;
    for (RingPlace ring : rings) {
      put(
          at,
          ring.memory().descriptors().address(),
          ring.memory().available().address(),
          ring.memory().used().address(),
          ring.memory().descriptors().byteSize() / 16,
          (ring.packed() ? 1 : 0) | (ring.inOrder() ? 2 : 0),
          ring.call(),
          ring.base());
      at += RING_WORDS;
    }
    at = LOOP_WORDS + RINGS * RING_WORDS;
    for (MemoryRegion region : regions) {
      put(at, region.guestAddress(), region.size(), region.segment().address());
      at += REGION_WORDS;
    }
    poll = CLibrary.function(name(options));
  }

  private static String name(Options options) {
    return options
        .card()
        .map(card ->
            switch (card) {
              case SINK -> "bare_sink";
              case SOURCE -> "bare_source";
              case ECHO -> "bare_echo";
            })
        .orElse("bare_disk");
  }

  private void put(int at, long... values) {
    for (int i = 0; i < values.length; i++) {
      state.setAtIndex(ValueLayout.JAVA_LONG, at + i, values[i]);
    }
  }

  @Override
  public void poll(int times) {
    try {
      int result = (int) poll.invokeExact(state, times);
      if (result < 0) {
        throw new IllegalStateException("the loop in C met what it does not serve");
      }
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public int base(int i) {
    return (int) state.getAtIndex(ValueLayout.JAVA_LONG, LOOP_WORDS + i * RING_WORDS + NEXT);
  }

  @Override
  public long chains() {
    return state.getAtIndex(ValueLayout.JAVA_LONG, CHAINS);
  }

  @Override
  public long batches() {
    return state.getAtIndex(ValueLayout.JAVA_LONG, BATCHES);
  }
}
