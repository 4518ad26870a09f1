package org.kvmzone.blk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.ToIntFunction;

/**
 * A volume in memory that does what a test tells it: holds operations back, completes them in any
 * order and from any thread, fails.
 */
final class FaultyZvol implements Zvol {
  private final MemorySegment content;
  private final BlockSizes blockSizes;
  private final boolean readOnly;
  private final Deque<ZvolRequest> held = new ArrayDeque<>();
  private final List<ZvolRequest.Op> submitted = new ArrayList<>();
  private boolean holding;
  private ToIntFunction<ZvolRequest> fault = request -> 0;
  private boolean closed;

  FaultyZvol(long size, BlockSizes blockSizes, boolean readOnly) {
    this.content = Arena.ofAuto().allocate(size);
    this.blockSizes = blockSizes;
    this.readOnly = readOnly;
  }

  @Override
  public String name() {
    return "faulty";
  }

  @Override
  public long size() {
    return content.byteSize();
  }

  @Override
  public BlockSizes blockSizes() {
    return blockSizes;
  }

  @Override
  public long resize(OptionalLong wanted) {
    throw new VolumeException("does not grow");
  }

  @Override
  public boolean readOnly() {
    return readOnly;
  }

  @Override
  public Map<String, String> properties() {
    return Map.of("path", "faulty");
  }

  /** From now on operations wait until they are released. */
  synchronized void hold() {
    holding = true;
  }

  /** From now on operations complete at once. */
  synchronized void passThrough() {
    holding = false;
  }

  /** What operations fail with; 0 lets one succeed. */
  synchronized void fault(ToIntFunction<ZvolRequest> fault) {
    this.fault = fault;
  }

  /** The bytes of the volume. */
  MemorySegment content() {
    return content;
  }

  /** How many operations wait. */
  synchronized int held() {
    return held.size();
  }

  /** The operations that were submitted, in their order. */
  synchronized List<ZvolRequest.Op> submitted() {
    return List.copyOf(submitted);
  }

  /** Completes the operation that waits longest. */
  void releaseOne() {
    ZvolRequest request;
    synchronized (this) {
      request = held.remove();
    }
    carryOut(request);
  }

  /** Completes the {@code count} operations that wait longest. */
  void releaseSome(int count) {
    for (int i = 0; i < count; i++) {
      releaseOne();
    }
  }

  /** Completes all that waits, in random order; how many that were. */
  int releaseAll(Random random) {
    List<ZvolRequest> all;
    synchronized (this) {
      all = new ArrayList<>(held);
      held.clear();
    }
    Collections.shuffle(all, random);
    all.forEach(this::carryOut);
    return all.size();
  }

  @Override
  public void submit(ZvolRequest request) {
    synchronized (this) {
      submitted.add(request.op());
      if (holding) {
        held.add(request);
        return;
      }
    }
    carryOut(request);
  }

  private void carryOut(ZvolRequest request) {
    int errno;
    synchronized (this) {
      errno = fault.applyAsInt(request);
    }
    if (errno == 0) {
      long length = request.length();
      switch (request.op()) {
        case READ -> request.data().copyFrom(0, content, request.offset(), length);
        case WRITE -> request.data().copyTo(0, content, request.offset(), length);
        case FLUSH -> {}
        case DISCARD, WRITE_ZEROES -> content.asSlice(request.offset(), length).fill((byte) 0);
      }
    }
    request.complete(errno);
  }

  /** Whether it was closed. */
  boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    closed = true;
  }
}
