package org.kvmzone.bridge.vhostuser;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.virtqueue.RingLayout;
import org.kvmzone.bridge.virtqueue.RingMemory;

/** What a front end has said about one ring, and the queue that it has become. */
final class Ring {
  private final int index;
  private final Counters<QueueCounter> counters;
  private RingLayout layout = RingLayout.SPLIT;
  private int size;
  private OptionalInt base = OptionalInt.empty(); // until somebody says where to begin
  private boolean addressed;
  private long descriptors;
  private long available;
  private long used;
  private boolean enabled;
  private @Nullable Fd kick; // there while the ring is started
  private @Nullable Fd error;
  private @Nullable DeviceQueue queue;

  // Written by the session while it owns the queue, read by the queue's owner.
  private @Nullable Fd call;

  Ring(int index, Counters<QueueCounter> counters) {
    this.index = index;
    this.counters = counters;
  }

  int index() {
    return index;
  }

  /** Where the ring goes on, or would begin, as GET_VRING_BASE puts it. */
  int base() {
    return base.orElse(layout.firstBase());
  }

  Optional<DeviceQueue> queue() {
    return Optional.ofNullable(queue);
  }

  void size(int entries) {
    size = entries;
  }

  void base(int next) {
    base = OptionalInt.of(next);
  }

  void addresses(long descriptorsAt, long availableAt, long usedAt) {
    addressed = true;
    descriptors = descriptorsAt;
    available = availableAt;
    used = usedAt;
  }

  void enabled(boolean on) {
    enabled = on;
  }

  void kick(Fd file) {
    close(kick);
    kick = file;
  }

  /** Replaces the call descriptor; the session owns the queue, or there is none. */
  void call(Optional<Fd> file) {
    close(call);
    call = file.orElse(null);
    // What was given back before a back end died may never have been told: once too often is fine.
    raise();
  }

  void error(Optional<Fd> file) {
    close(error);
    error = file.orElse(null);
  }

  /** Whether everything is known that a queue needs, but for memory. */
  boolean isReady(boolean alwaysEnabled) {
    return kick != null && size > 0 && addressed && (enabled || alwaysEnabled);
  }

  /**
   * Says what kind of ring this is; no queue is running. It may be said after size and base.
   *
   * @throws RefusedException if such a ring has no such size or base
   */
  void layout(RingLayout negotiated) throws RefusedException {
    layout = negotiated;
    if (!layout.isValidSize(size)) {
      throw new RefusedException("ring " + index + " of " + size + " entries");
    }
    if (!layout.isValidBase(size, base())) {
      throw new RefusedException("ring " + index + " with base 0x" + Integer.toHexString(base()));
    }
  }

  /** The ring's areas in this memory. */
  Optional<RingMemory> locate(GuestMemory memory) {
    return layout.locate(memory, size, descriptors, available, used);
  }

  /**
   * Makes the ring, whose layout was said, a queue.
   *
   * @param inflight where its requests in flight are noted
   * @throws IllegalArgumentException if what is noted there cannot be
   */
  DeviceQueue open(
      GuestMemory memory,
      RingMemory areas,
      long features,
      Optional<MemorySegment> inflight,
      QueueLoop loop) {
    DeviceQueue opened =
        new DeviceQueue(
            index,
            layout.open(size, features, base(), memory, areas, inflight),
            this::raise,
            loop::wake,
            counters);
    queue = opened;
    return opened;
  }

  Fd kickFile() {
    if (kick == null) {
      throw new IllegalStateException("ring " + index + " is not started");
    }
    return kick;
  }

  /** The queue has stopped; where it would go on is known. */
  void closed(int next) {
    base(next);
    queue = null;
  }

  /** RESET_DEVICE: nothing was ever said. */
  void forget() {
    reset();
    enabled = false;
    base = OptionalInt.empty();
  }

  /** GET_VRING_BASE: stopped, and what was said before a reboot holds no more. */
  void reset() {
    close(kick);
    kick = null;
    addressed = false;
  }

  void raise() {
    if (call != null) {
      SysEventfd.signal(call.number());
    }
  }

  /** Tells the front end that the ring is broken. */
  void signalError() {
    if (error != null) {
      SysEventfd.signal(error.number());
    }
  }

  /** Closes the descriptors; no queue is running. */
  void close() {
    close(kick);
    close(call);
    close(error);
    kick = null;
    call = null;
    error = null;
  }

  private static void close(@Nullable Fd file) {
    if (file != null) {
      file.close();
    }
  }
}
