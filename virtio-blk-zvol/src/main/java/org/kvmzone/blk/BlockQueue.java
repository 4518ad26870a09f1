package org.kvmzone.blk;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.virtqueue.Virtqueue;

/**
 * One queue of a disk from its start to its stop: takes requests from the ring, submits them, and
 * gives back what has completed. Everything here is the ring's owner's, except {@code completed}.
 */
final class BlockQueue {
  /**
   * The most requests of a turn. Where the volume works on our thread the first of a turn waits for
   * the last, and whoever wants to stop the queue for all of them: with this many a slow disk (5 ms
   * each) still lets go in a third of a second. Smaller batches cost more for each request
   * (performance.md §3.3), larger ones gain little over a system call.
   */
  private static final int BATCH = 64;

  /** Nobody is woken for every single request of those that wait for their time. */
  private static final long LEAST_SLEEP = 1_000_000;

  private final DeviceQueue queue;
  private final Virtqueue ring;
  private final Disk disk;
  private final Lane lane;
  private final RequestParser parser;
  private final Handover<BlockRequest> completed = new Handover<>();

  private BlockRequest[] idle = new BlockRequest[16];
  private int idleCount;
  private List<BlockQueue> predecessors;
  private final Throttle throttle;
  private final FailedRequests failed;
  private boolean unpublished;
  private BlockRequest[] told = {}; // what is timed and not yet published
  private int toldCount;
  private @Nullable BlockRequest taken; // of what completed: what is not finished yet

  /** What all queues of a disk share. */
  record Disk(
      String id,
      Zvol zvol,
      MemorySegment serial,
      CacheMode cache,
      Limiter limiter,
      ErrorPolicy policy,
      VolumeErrors errors) {}

  /**
   * A queue that was started.
   *
   * @param predecessors queues of an earlier connection whose requests hang. They come back as
   *     requests of this one: if one of them were done again, then a later one to the same place,
   *     and the hanging one at last, the disk would hold what is out of date. So nothing is taken
   *     until they have stopped.
   */
  BlockQueue(DeviceQueue queue, Disk disk, Lane lane, List<BlockQueue> predecessors) {
    this.queue = queue;
    this.ring = queue.ring();
    this.disk = disk;
    this.lane = lane;
    this.parser = new RequestParser(disk.zvol());
    this.throttle = new Throttle(disk.limiter);
    this.failed = new FailedRequests(disk.policy);
    this.predecessors = predecessors.stream().filter(BlockQueue::isDraining).toList();
    for (BlockQueue predecessor : this.predecessors) {
      var _ = predecessor.stopped().thenRun(queue::wake);
    }
  }

  boolean serves(DeviceQueue other) {
    return queue == other;
  }

  /** Makes its thread take a turn, from any thread. */
  void wake() {
    queue.wake();
  }

  /** Completed when nothing is in flight any more. */
  CompletableFuture<Void> stopped() {
    return queue.stopped();
  }

  boolean isStopped() {
    return queue.state() == DeviceQueue.State.STOPPED;
  }

  boolean isDraining() {
    return queue.state() == DeviceQueue.State.DRAINING;
  }

  /** Takes up to {@code budget} requests, and finishes what has completed before and meanwhile. */
  int process(int budget) {
    int work = finishCompleted();
    if (mustWait()) {
      return work;
    }
    if (!failed.isEmpty()) {
      work += leaveFailed();
    }
    throttle.beginTurn();
    int begun = throttle.isHolding() ? letGo() : 0;
    begun += take(Math.min(budget, BATCH));
    disk.zvol.endBatch();
    return work + begun + (begun > 0 ? finishCompleted() : 0);
  }

  /** Asks for kicks; false if there is work. */
  boolean mayIdle() {
    if (taken != null || !completed.isEmpty()) {
      return false;
    }
    if (takesNothing()) {
      return queue.isRunning() && sleepNanos() > 0;
    }
    // A queue that drains takes nothing, so what is available must not keep its thread awake.
    return mustWait() || !queue.isRunning() || ring.armKicks();
  }

  /**
   * How long nothing is to be done but for what others bring. What comes due in the meantime goes
   * together: its slack is longer.
   */
  long sleepNanos() {
    long nanos = Math.min(throttle.nanos(), failed.nanos());
    return nanos > 0 ? Math.max(nanos, LEAST_SLEEP) : nanos;
  }

  /** Whether what is available stays in the ring although it runs. */
  private boolean takesNothing() {
    return throttle.isHolding() || !failed.isEmpty();
  }

  private boolean mustWait() {
    if (!predecessors.isEmpty() && predecessors.stream().noneMatch(BlockQueue::isDraining)) {
      predecessors = List.of();
    }
    return !predecessors.isEmpty();
  }

  /** What waits goes if its time has come, or back to the ring if the queue is to stop. */
  private int letGo() {
    boolean running = queue.isRunning();
    BlockRequest request = running ? throttle.takeDue() : throttle.takeBack();
    if (request == null) {
      return 0;
    }
    if (running) {
      start(request);
    } else {
      ring.unpop(request.chain());
      putBack(request);
    }
    return 1;
  }

  /**
   * Once the rings stop, as they do with their guest, what failed is left to the queues that come
   * after; a guest that has begun to move meanwhile would leave it behind, and is told.
   */
  private int leaveFailed() {
    if (queue.isRunning()) {
      failed.stopGuest();
      return 0;
    }
    boolean leave = ring.mayLeave();
    int count = 0;
    for (@Nullable BlockRequest each = failed.take(); each != null; each = failed.take()) {
      if (leave) {
        ring.leave(each.chain());
        putBack(each);
      } else {
        answer(each, Status.IOERR, 0);
      }
      count++;
    }
    publish();
    return count;
  }

  /** Takes requests until there are no more, or one has to wait. */
  private int take(int wanted) {
    int count = 0;
    while (count < wanted && !takesNothing()) {
      BlockRequest request =
          idleCount > 0 ? idle[--idleCount] : new BlockRequest(completed, queue::wake);
      boolean again = ring.leftOver() > 0; // a predecessor has let it go already
      if (!ring.pop(request.chain())) {
        putBack(request);
        return count;
      }
      begin(request, again);
      count++;
    }
    return count;
  }

  private void begin(BlockRequest request, boolean again) {
    @Nullable BadRequest bad;
    try {
      bad = parser.parse(request.chain().readable(), request.chain().writable(), request);
    } catch (Throwable gone) { // the guest's memory is, or a mistake is ours: the queue breaks
      giveBack(request, 0);
      throw gone;
    }
    long id = lane.nextId();
    if (bad != null) {
      lane.counters().increment(bad.counter());
      BlkProbes.BAD_REQUEST.fire(disk.id, bad.counter().kstat(), id);
      answer(request, bad.status(), 0);
    } else if (request.type() == BlockRequest.Type.GET_ID) {
      answerSerial(request);
    } else {
      request.begin(id, BlkProbes.DONE.watched() ? System.nanoTime() : 0);
      if (again || throttle.admits(request)) {
        start(request);
      } else {
        lane.counters().increment(BlkCounter.THROTTLED);
      }
    }
  }

  private void start(BlockRequest request) {
    String op = request.type().word();
    BlkProbes.START.fire(disk.id, op, request.id(), request.offset(), request.bytes());
    submit(request);
  }

  private void submit(BlockRequest request) {
    while (request.submitTo(disk.zvol)) {
      if (isDone(request)) {
        finish(request);
        return;
      }
    }
  }

  /**
   * Whether nothing is left to do for a request whose operation completed; else it is set to it.
   */
  private boolean isDone(BlockRequest request) {
    if (request.errno() != 0 || request.op() == ZvolRequest.Op.FLUSH) {
      return true;
    }
    if (request.advance()) {
      return false;
    }
    boolean changed =
        request.op() == ZvolRequest.Op.WRITE || request.op() == ZvolRequest.Op.WRITE_ZEROES;
    if (!changed || !disk.cache.writeThrough()) {
      return true;
    }
    request.flush();
    return false;
  }

  /** virtio 1.3 §5.2.6: 20 bytes, without a NUL at the end if all are used. */
  private void answerSerial(BlockRequest request) {
    long length = Math.min(request.payload().bytes(), disk.serial.byteSize());
    try {
      request.payload().copyFrom(0, disk.serial, 0, length);
    } catch (Throwable gone) {
      giveBack(request, 0);
      throw gone;
    }
    lane.count(request.type(), length);
    answer(request, Status.OK, length);
  }

  private int finishCompleted() {
    int count = 0;
    for (@Nullable BlockRequest each = nextCompleted(); each != null; each = nextCompleted()) {
      if (isDone(each)) {
        finish(each);
      } else {
        submit(each);
      }
      count++;
    }
    publish();
    return count;
  }

  /** Tells the guest, and then whoever watches how long it took until the guest was told. */
  private void publish() {
    if (!unpublished) {
      return;
    }
    unpublished = false;
    long end = toldCount == 0 ? 0 : System.nanoTime();
    queue.publish();
    for (int i = 0; i < toldCount; i++) {
      BlockRequest request = told[i];
      long latency = end - request.startNanos();
      String op = request.type().word();
      long length = request.bytes();
      BlkProbes.DONE.fire(disk.id, op, request.id(), latency, request.errno(), length);
      putBack(request);
    }
    toldCount = 0;
  }

  /** Unlinked before it is finished: should that fail, the rest is not lost. */
  private @Nullable BlockRequest nextCompleted() {
    if (taken == null) {
      taken = completed.takeAll();
    }
    BlockRequest first = taken;
    if (first != null) {
      taken = completed.after(first);
    }
    return first;
  }

  private void finish(BlockRequest request) {
    if (request.errno() == 0) {
      lane.count(request.type(), request.bytes());
      succeed(request);
      return;
    }
    lane.counters().increment(BlkCounter.ERRORS);
    int errno = request.errno();
    ErrorPolicy.Action action = disk.policy.action(request.type(), errno);
    if (action == ErrorPolicy.Action.STOP && ring.mayLeave()) {
      keep(request);
      return;
    }
    disk.errors.report(request);
    if (action == ErrorPolicy.Action.IGNORE) {
      succeed(request);
    } else {
      answer(request, errno == Errno.EOPNOTSUPP ? Status.UNSUPP : Status.IOERR, 0);
    }
  }

  /** Keeps a request for when its guest goes on; it is not asked to stop when its rings do so. */
  private void keep(BlockRequest request) {
    failed.add(request);
    if (queue.isRunning()) {
      disk.errors.stopping(request);
      failed.stopGuest();
    } else {
      disk.errors.report(request);
    }
  }

  private void succeed(BlockRequest request) {
    answer(request, Status.OK, request.type() == BlockRequest.Type.IN ? request.bytes() : 0);
  }

  /** Sets the status, the last byte the device may write, and gives the chain back. */
  private void answer(BlockRequest request, byte status, long dataWritten) {
    long room = request.chain().writable().bytes();
    long written = 0;
    try {
      // Nobody waits for a ring that was abandoned: its memory may be in other use by now.
      if (room > 0 && !ring.isAbandoned()) {
        request.chain().writable().setLastByte(status);
        written = dataWritten + 1;
      }
    } finally {
      giveBack(request, written);
    }
  }

  private void giveBack(BlockRequest request, long written) {
    unpublished = true;
    free(request);
    ring.push(request.chain(), (int) written); // unsigned: a chain holds less than 2^32 bytes
  }

  private void free(BlockRequest request) {
    if (request.startNanos() == 0) {
      putBack(request);
      return;
    }
    if (toldCount == told.length) {
      told = Arrays.copyOf(told, Math.max(16, toldCount * 2));
    }
    told[toldCount++] = request;
  }

  private void putBack(BlockRequest request) {
    request.begin(0, 0);
    if (idleCount == idle.length) {
      idle = Arrays.copyOf(idle, idleCount * 2);
    }
    idle[idleCount++] = request;
  }
}
