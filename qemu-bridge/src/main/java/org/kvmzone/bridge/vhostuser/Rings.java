package org.kvmzone.bridge.vhostuser;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.memory.DirtyLog;
import org.kvmzone.bridge.virtqueue.RingLayout;
import org.kvmzone.bridge.virtqueue.RingMemory;

/**
 * The rings of a session: when each is complete it runs, when something it stands on changes it is
 * stopped first. A ring runs while it is started, enabled, and its addresses are valid in the
 * memory that the front end shares now. One that is disabled stops, unless the device discards what
 * comes in it.
 */
final class Rings {
  private static final Logger LOG = System.getLogger(Rings.class.getName());

  /** How long a queue's requests in flight may take to complete before the connection is closed. */
  private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final VirtioDevice device;
  private final List<QueueLoop> loops;
  private final SessionStatistics statistics;
  private final MemoryTable memory;
  private final List<Ring> rings = new ArrayList<>();
  private long features;

  Rings(
      VirtioDevice device,
      List<QueueLoop> loops,
      MemoryTable memory,
      SessionStatistics statistics) {
    this.device = device;
    this.loops = loops;
    this.statistics = statistics;
    this.memory = memory;
    for (int i = 0; i < device.queueCount(); i++) {
      rings.add(new Ring(i, statistics.queue(i)));
    }
  }

  private Ring ring(int index) throws RefusedException {
    if (index >= rings.size()) {
      throw new RefusedException("no ring " + index + ": the device has " + rings.size());
    }
    return rings.get(index);
  }

  /** A ring whose {@code what} is about to be set: it must not be running. */
  Ring whileStopped(int index, String what) throws RefusedException {
    Ring ring = ring(index);
    if (ring.queue().isPresent()) {
      throw new RefusedException("ring " + index + " is running: " + what + " cannot change");
    }
    return ring;
  }

  /**
   * The driver's features. Rings that run are left alone: QEMU sends them again for a bit of its
   * own, and those of a driver always while its rings are stopped (vhost-user.md T4).
   */
  void features(long negotiated) throws ProtocolException, RefusedException {
    features = negotiated;
    logAll();
    if (alwaysEnabled()) {
      for (Ring ring : rings) {
        tell(ring, true);
      }
    }
    startReady();
  }

  /** Another dirty log, from now on; one that is refused is closed. */
  void log(DirtyLog log) throws ProtocolException, RefusedException {
    Optional<DirtyLog> old;
    try {
      old = memory.log(log);
    } catch (RefusedException refused) {
      log.close();
      throw refused;
    }
    try {
      logAll();
    } finally {
      old.ifPresent(
          DirtyLog::close); // a ring that hangs in a turn is abandoned with the connection
    }
  }

  private void logAll() throws ProtocolException {
    for (Ring ring : rings) {
      owned(ring, () -> ring.queue().ifPresent(queue -> queue.ring().log(log())));
    }
  }

  private Optional<DirtyLog> log() {
    return memory.log().filter(_ -> (features & ProtocolFeatures.LOG_ALL) != 0);
  }

  /** Where requests in flight are noted, from the next start on; if refused, it is closed. */
  void inflight(InflightArea area) throws RefusedException {
    try {
      for (Ring ring : rings) {
        var _ = whileStopped(ring.index(), "the in-flight area");
      }
    } catch (RefusedException refused) {
      area.close();
      throw refused;
    }
    memory.inflight(Optional.of(area));
    device.choose(area.choices());
    keepChoices();
  }

  /** The driver may have chosen something: a successor of this process is to know. */
  void keepChoices() {
    memory.inflight().ifPresent(area -> area.choices(device.choices()));
  }

  void addresses(int index, long descriptors, long available, long used)
      throws ProtocolException, RefusedException {
    Ring ring = ring(index);
    ring.addresses(descriptors, available, used);
    if (ring.queue().isPresent()) {
      remap(ring);
    } else {
      startIfReady(ring);
    }
  }

  void kick(int index, Optional<Fd> file) throws ProtocolException, RefusedException {
    Ring ring = ring(index);
    if (file.isEmpty()) {
      throw new RefusedException("ring " + index + " without a kick descriptor: not served");
    }
    stop(ring); // a new kick on a running ring: taken over between two turns
    ring.kick(nonBlocking(file.get()));
    startIfReady(ring);
  }

  void call(int index, Optional<Fd> file) throws ProtocolException, RefusedException {
    Ring ring = ring(index);
    Optional<Fd> kept = file.map(Rings::nonBlocking);
    owned(ring, () -> ring.call(kept));
  }

  void error(int index, Optional<Fd> file) throws RefusedException, ProtocolException {
    Ring ring = ring(index);
    Optional<Fd> kept = file.map(Rings::nonBlocking);
    owned(ring, () -> ring.error(kept));
  }

  void enable(int index, boolean enabled) throws ProtocolException, RefusedException {
    Ring ring = ring(index);
    ring.enabled(enabled);
    if (enabled) {
      tell(ring, true);
      startIfReady(ring);
    } else if (!alwaysEnabled()) {
      if (ring.queue().filter(device::discards).isPresent()) {
        tell(ring, false);
      } else {
        stop(ring);
      }
    }
  }

  private void tell(Ring ring, boolean enabled) throws ProtocolException {
    owned(ring, () -> ring.queue().ifPresent(queue -> queue.enable(enabled)));
  }

  /** GET_VRING_BASE: stops a ring, and forgets what must not outlive a reboot. */
  int reset(int index) throws ProtocolException, RefusedException {
    Ring ring = ring(index);
    stop(ring);
    ring.reset();
    if (noneRuns()) {
      departIfItMoves();
    }
    return ring.base();
  }

  /** QEMU goes on noting what is written until it has stopped a guest that moves. */
  private void departIfItMoves() {
    if (log().isPresent()) {
      device.departed();
    }
  }

  void resetAll() throws ProtocolException {
    stopAll();
    memory.inflight(Optional.empty()); // of a driver that is no more
    rings.forEach(Ring::forget);
  }

  void stopAll() throws ProtocolException {
    for (Ring ring : rings) {
      stop(ring);
    }
  }

  void startReady() throws RefusedException {
    for (Ring ring : rings) {
      startIfReady(ring);
    }
  }

  /** More memory: rings that run go on, and see it. */
  void memoryGrew() throws ProtocolException, RefusedException {
    for (Ring ring : rings) {
      if (ring.queue().isPresent()) {
        remap(ring);
      } else {
        startIfReady(ring);
      }
    }
  }

  /** Without protocol features there is no message to enable a ring with: all of them are. */
  private boolean alwaysEnabled() {
    return (features & ProtocolFeatures.NEGOTIABLE) == 0;
  }

  private void startIfReady(Ring ring) throws RefusedException {
    if (ring.queue().isPresent() || !ring.isReady(alwaysEnabled())) {
      return;
    }
    if (memory.isEmpty()) {
      LOG.log(
          Level.WARNING,
          device.id()
              + ": the front end shares no memory: give QEMU"
              + " -object memory-backend-memfd,id=mem,size=…,share=on -machine memory-backend=mem");
      return;
    }
    ring.layout(RingLayout.of(features));
    Optional<RingMemory> areas = ring.locate(memory.memory());
    if (areas.isEmpty()) {
      return; // not in this memory (yet): addresses may be from before it changed
    }
    if (noneRuns()) {
      Optional<String> obstacle = device.arriving();
      if (obstacle.isPresent()) {
        throw new RefusedException(obstacle.get());
      }
      device.negotiated(features);
    }
    QueueLoop loop = loops.get(ring.index() % loops.size());
    DeviceQueue queue = open(ring, areas.get(), loop);
    try {
      queue.ring().log(log());
      device.started(queue);
      loop.add(device, queue, ring.kickFile(), broken -> report(ring, broken));
      statistics.ringStarted();
    } catch (NativeException e) {
      device.stopping(queue);
      ring.closed(ring.base());
      throw new RefusedException("ring " + ring.index() + ": kick: " + e.getMessage());
    }
    memory.retain();
    var _ = queue.stopped().thenRun(memory::release);
    ring.raise(); // as in Ring.call: what a dead back end gave back may be untold
  }

  private boolean noneRuns() {
    return rings.stream().allMatch(ring -> ring.queue().isEmpty());
  }

  private DeviceQueue open(Ring ring, RingMemory areas, QueueLoop loop) throws RefusedException {
    try {
      Optional<MemorySegment> inflight = memory.inflight().map(area -> area.queue(ring.index()));
      return ring.open(memory.memory(), areas, features, inflight, loop);
    } catch (IllegalArgumentException e) {
      throw new RefusedException("ring " + ring.index() + ": " + e.getMessage());
    }
  }

  /** Stops a ring between two of its turns, with nothing in flight. */
  private void stop(Ring ring) throws ProtocolException {
    Optional<DeviceQueue> running = ring.queue();
    if (running.isEmpty()) {
      return;
    }
    DeviceQueue queue = running.get();
    device.stopping(queue);
    queue.drain();
    if (!completes(queue.stopped())) {
      throw new ProtocolException(
          "queue " + ring.index() + " did not stop within a second: its requests hang");
    }
    loop(ring).remove(queue);
    ring.closed(queue.ring().base());
  }

  private static boolean completes(CompletableFuture<Void> drained) {
    try {
      drained.get(DRAIN_NANOS, TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Acts on a ring whose queue nobody is using at this moment. */
  private void owned(Ring ring, Runnable action) throws ProtocolException {
    Optional<DeviceQueue> queue = ring.queue();
    if (queue.isEmpty()) {
      action.run();
      return;
    }
    if (!queue.get().acquire(DRAIN_NANOS)) {
      throw new ProtocolException("queue " + ring.index() + " hangs in a turn for a second");
    }
    try {
      action.run();
    } finally {
      queue.get().release();
    }
  }

  private void remap(Ring ring) throws RefusedException, ProtocolException {
    RingMemory areas =
        ring.locate(memory.memory())
            .orElseThrow(
                () -> new RefusedException("ring " + ring.index() + " is outside the memory"));
    owned(ring, () -> ring.queue().ifPresent(q -> q.ring().remap(memory.memory(), areas)));
  }

  private void report(Ring ring, DeviceQueue queue) {
    queue
        .ring()
        .fault()
        .ifPresent(fault ->
            LOG.log(
                Level.WARNING,
                device.id()
                    + ": queue "
                    + ring.index()
                    + " is broken until the driver resets it: "
                    + fault.description()));
    ring.signalError();
  }

  /** The connection has ended: stops all rings; what does not stop in time is left to end alone. */
  void abandon() {
    List<CompletableFuture<Void>> draining = new ArrayList<>();
    for (Ring ring : rings) {
      ring.queue().filter(DeviceQueue::isRunning).ifPresent(device::stopping);
      ring.queue()
          .ifPresent(queue -> {
            queue.drain();
            draining.add(queue.stopped());
          });
    }
    boolean all = completes(CompletableFuture.allOf(draining.toArray(CompletableFuture[]::new)));
    for (Ring ring : rings) {
      Optional<DeviceQueue> queue = ring.queue();
      if (queue.isEmpty()) {
        ring.close();
        continue;
      }
      if (!all) {
        queue.get().ring().abandon();
      }
      // At once, or by the queue's thread when what hangs has come back.
      var _ =
          queue
              .get()
              .stopped()
              .thenRun(() -> {
                loop(ring).remove(queue.get());
                ring.close();
              });
    }
    departIfItMoves();
  }

  private QueueLoop loop(Ring ring) {
    return loops.get(ring.index() % loops.size());
  }

  /** A full eventfd, or something else that blocks, must not stop a device's thread. */
  private static Fd nonBlocking(Fd file) {
    Fd kept = new Fd(file.release());
    int flags = Fcntl.fcntl(kept.number(), Fcntl.F_GETFL, 0);
    if (flags >= 0) {
      int ignored = Fcntl.fcntl(kept.number(), Fcntl.F_SETFL, flags | Fcntl.O_NONBLOCK);
    }
    return kept;
  }
}
