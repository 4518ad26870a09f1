package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.kvmzone.bridge.memory.Buffers;

/** A guest's side that keeps what it is handed. */
final class Recorder implements VnicClient {
  private final List<byte[]> frames = new ArrayList<>();
  private volatile boolean ready = true;
  private final AtomicInteger writable = new AtomicInteger();

  @Override
  public synchronized void receive(int queue, FrameBatch batch, long chosen) {
    for (long left = chosen; left != 0; left &= left - 1) {
      frames.add(bytes(batch, Long.numberOfTrailingZeros(left)));
    }
  }

  @Override
  public long offer(int queue, FrameBatch batch, long chosen) {
    if (!ready) {
      return chosen;
    }
    receive(queue, batch, chosen);
    return 0;
  }

  @Override
  public boolean receives() {
    return ready;
  }

  void ready(boolean room) {
    ready = room;
  }

  @Override
  public void writable(int queue) {
    writable.incrementAndGet();
  }

  /** How often the sender was told to go on. */
  int writableCalls() {
    return writable.get();
  }

  /** What has been handed over since the last call. */
  synchronized List<byte[]> take() {
    List<byte[]> taken = List.copyOf(frames);
    frames.clear();
    return taken;
  }

  /** A frame of a batch, whole. */
  static byte[] bytes(FrameBatch batch, int frame) {
    byte[] bytes = new byte[batch.length(frame)];
    Buffers target = new Buffers();
    target.add(MemorySegment.ofArray(bytes), 0, bytes.length);
    batch.copyTo(frame, 0, target, 0, bytes.length);
    return bytes;
  }

  /** The virtio-net header of a frame. */
  static byte[] header(FrameBatch batch, int frame) {
    byte[] header = new byte[VirtioNet.HEADER];
    batch.copyHeaderTo(frame, MemorySegment.ofArray(header), header.length);
    return header;
  }

  /** A batch of frames, of which only the beginnings are copied. */
  static FrameBatch batch(byte[]... frames) {
    int longest = Arrays.stream(frames).mapToInt(frame -> frame.length).max().orElse(0);
    FrameBatch batch = new FrameBatch(FrameBatch.MAX_FRAMES, Math.max(longest, VirtioNet.ETHERNET));
    for (byte[] frame : frames) {
      Buffers source = new Buffers();
      // In odd pieces, as a driver may have it.
      MemorySegment memory = Arena.ofAuto().allocate(frame.length);
      memory.copyFrom(MemorySegment.ofArray(frame));
      int cut = frame.length / 3;
      source.add(memory, 0, cut);
      source.add(memory, cut, frame.length - cut);
      batch.stage(source, 0, frame.length);
      batch.addStaged();
    }
    return batch;
  }
}
