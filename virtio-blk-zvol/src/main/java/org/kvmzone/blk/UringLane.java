package org.kvmzone.blk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.kvmzone.blk.ZvolRequest.Op;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.IoUring;
import org.kvmzone.bridge.ffi.Iovec;
import org.kvmzone.bridge.ffi.LinuxIoUring;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.memory.Buffers;

/**
 * The io_uring of one queue thread: its requests are collected, {@linkplain #send sent} together,
 * and completed on that thread, which is the one that {@linkplain #poll polls} this first.
 *
 * <p>A request under way has a slot, whose number goes with it through the kernel. What was done in
 * part, or has to be done again, is sent anew from where it stopped.
 */
final class UringLane implements EventSource {
  private static final int ENTRIES = 256;
  private static final int COMPLETIONS = 4096; // what is beyond, the kernel keeps elsewhere
  private static final int LISTS = 64; // of pieces, in what is sent together
  private static final int PIECES = 128; // of a list; what has more is sent in parts

  private final Fd file;
  private final Fd event = Fd.event();
  private final IoUring ring;
  private final MemorySegment[] lists = new MemorySegment[LISTS];
  private volatile @Nullable Thread owner;
  private volatile boolean closed;
  private volatile int underWay; // as of the last batch, for those who wait for its end

  private @Nullable ZvolRequest[] requests = new ZvolRequest[ENTRIES]; // by slot
  private long[] done = new long[ENTRIES]; // bytes, by slot
  private int[] free = new int[ENTRIES];
  private int freeCount;
  private int[] again = new int[ENTRIES]; // slots to be sent
  private int againCount;
  private int listsUsed; // until the kernel has taken what they are of

  /**
   * A ring that has no thread yet.
   *
   * @throws NativeException if the kernel lets us have none
   */
  UringLane(Fd file) {
    this.file = file;
    try {
      ring = IoUring.open(ENTRIES, COMPLETIONS, event.number());
    } catch (RuntimeException e) {
      event.close();
      throw e;
    }
    Arrays.setAll(lists, _ -> Arena.ofAuto().allocate(Iovec.LAYOUT, PIECES));
    addSlots(0);
  }

  private void addSlots(int from) {
    for (int slot = requests.length - 1; slot >= from; slot--) {
      free[freeCount++] = slot;
    }
  }

  /** Whether the calling thread is the one. */
  @SuppressWarnings("ReferenceEquality") // of threads there is nothing else
  boolean isMine() {
    return owner == Thread.currentThread() && !closed;
  }

  @Override
  public int fd() {
    return event.number();
  }

  /** Takes a request, to be sent with others; called by the thread. */
  void submit(ZvolRequest request) {
    int slot = slot();
    requests[slot] = request;
    done[slot] = 0;
    if (!push(slot)) {
      again(slot);
      send();
    }
  }

  private int slot() {
    if (freeCount == 0) {
      int former = requests.length;
      requests = Arrays.copyOf(requests, 2 * former);
      done = Arrays.copyOf(done, 2 * former);
      free = Arrays.copyOf(free, 2 * former);
      again = Arrays.copyOf(again, 2 * former);
      addSlots(former);
    }
    return free[--freeCount];
  }

  private void again(int slot) {
    again[againCount++] = slot;
  }

  /** Makes entries of what waits, and sends all there are; called by the thread. */
  void send() {
    boolean room = true;
    while (againCount > 0 && room) {
      room = push(again[againCount - 1]);
      againCount -= room ? 1 : 0;
    }
    if (ring.unsent() > 0) {
      enter();
    }
    int ignored = reap(Integer.MAX_VALUE);
  }

  private void enter() {
    int taken = ring.enter();
    boolean later = taken >= 0 || taken == -Errno.EAGAIN || taken == -Errno.EBUSY;
    while (!later && taken != -Errno.EINTR && ring.unsent() > 0) {
      complete((int) ring.withdraw(), -taken);
    }
    if (ring.unsent() == 0) {
      listsUsed = 0;
    }
  }

  /** Makes an entry of what is left to do in a slot; false if there is no room for one. */
  private boolean push(int slot) {
    ZvolRequest request = request(slot);
    boolean write = request.op() == Op.WRITE;
    Buffers data = request.data();
    long from = request.offset() + done[slot];
    if (data.count() == 1) {
      return ring.push(
          write ? LinuxIoUring.IORING_OP_WRITE : LinuxIoUring.IORING_OP_READ,
          file.number(),
          from,
          data.address(0) + done[slot],
          (int) Math.min(data.bytes() - done[slot], 1 << 30),
          slot);
    }
    int piece = 0;
    long skip = done[slot];
    while (skip >= data.length(piece)) {
      skip -= data.length(piece++);
    }
    if (listsUsed == LISTS) {
      return false;
    }
    MemorySegment list = lists[listsUsed];
    int count = data.toIovecs(piece, list);
    Iovec.set(list, 0, data.address(piece) + skip, data.length(piece) - skip);
    boolean pushed =
        ring.push(
            write ? LinuxIoUring.IORING_OP_WRITEV : LinuxIoUring.IORING_OP_READV,
            file.number(),
            from,
            list.address(),
            count,
            slot);
    listsUsed += pushed ? 1 : 0;
    return pushed;
  }

  private ZvolRequest request(int slot) {
    ZvolRequest request = requests[slot];
    if (request == null) {
      throw new IllegalStateException("nothing is under way in slot " + slot);
    }
    return request;
  }

  @Override
  public int poll(int budget) {
    if (owner == null && !closed) {
      ring.enable();
      owner = Thread.currentThread();
    }
    if (!isMine()) {
      return 0;
    }
    if (againCount > 0 || ring.unsent() > 0) {
      send();
    } else if (ring.wantsEnter()) {
      enter();
    }
    int count = reap(budget);
    boolean more = againCount > 0 || ring.unsent() > 0 || ring.isPending();
    return count + (more ? 1 : 0);
  }

  private int reap(int most) {
    int count = 0;
    for (; count < most && ring.isComplete(); count++) {
      int slot = (int) ring.data();
      int result = ring.result();
      ring.advance();
      finish(slot, result);
    }
    underWay = requests.length - freeCount;
    return count;
  }

  private void finish(int slot, int result) {
    if (result > 0) {
      done[slot] += result;
      if (done[slot] < request(slot).length()) {
        again(slot);
      } else {
        complete(slot, 0);
      }
    } else if (result == -Errno.EINTR || result == -Errno.EAGAIN) {
      again(slot);
    } else {
      complete(slot, result == 0 ? Errno.EIO : -result); // 0: the file ends there
    }
  }

  private void complete(int slot, int errno) {
    ZvolRequest request = request(slot);
    requests[slot] = null;
    free[freeCount++] = slot;
    request.complete(Transfer.error(errno));
  }

  /**
   * Gives up the ring, when nothing is under way any more.
   *
   * @return false if that takes more than {@code millis}: the ring is kept
   */
  boolean close(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (isBusy()) {
      Thread thread = owner;
      if (System.nanoTime() > end || thread == null || !thread.isAlive()) {
        return false; // nobody else may ask the kernel how it stands
      }
      LockSupport.parkNanos(100_000);
    }
    closed = true;
    ring.close();
    event.close();
    return true;
  }

  private boolean isBusy() {
    if (isMine()) {
      int ignored = poll(Integer.MAX_VALUE);
      enter();
    }
    return underWay > 0;
  }
}
