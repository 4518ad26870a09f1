package org.kvmzone.bridge.virtqueue;

import java.util.Optional;
import org.kvmzone.bridge.memory.DirtyLog;
import org.kvmzone.bridge.memory.GuestMemory;

/**
 * The device's side of one ring. Used by one thread at a time: its owner.
 *
 * <p>A batch is any number of {@link #pop}s and {@link #push}es and one {@link #publish} at its
 * end. None of these methods throws for what a driver wrote, waits, or allocates in steady state.
 */
public sealed interface Virtqueue permits SplitVirtqueue, PackedVirtqueue {
  /** The largest ring (virtio 1.3 §2.7, §2.8). */
  int MAX_SIZE = 32768;

  /** Number of entries of the ring, 1 to 32768. */
  int size();

  /**
   * Takes the next available chain; before all others those that a predecessor took and did not
   * give back, the oldest first.
   *
   * @return false if there is none, or the ring is {@linkplain #fault broken}
   */
  boolean pop(Chain chain);

  /**
   * Takes chains for as long as each is one buffer, all in the same part of the guest's memory.
   * What is anything else is left for {@link #pop(Chain)}, which then also says what is wrong with
   * it; this may take none although there are some.
   *
   * @param most at most that many, and no more than the batch holds
   * @param writable whether the device is to write the buffers, or to read them
   * @return how many
   */
  int pop(SingleBuffers batch, int most, boolean writable);

  /** Undoes the last {@code pop} of a batch from chain {@code from} on, of {@code count} in it. */
  void unpop(SingleBuffers batch, int from, int count);

  /**
   * Gives chains {@code from} to {@code to} (excluded) of a batch back; the driver sees it on
   * {@link #publish}.
   *
   * @param written how many bytes of each were written, by its place in the batch
   */
  void push(SingleBuffers batch, int from, int to, int[] written);

  /**
   * Undoes the last {@link #pop(Chain)} that was neither undone nor pushed: the chain is available
   * again.
   */
  void unpop(Chain chain);

  /**
   * Whether chains that were popped may be {@linkplain #leave left}: they are noted for a
   * successor, and the guest is not being moved to another host, which would know nothing of them.
   */
  boolean mayLeave();

  /**
   * Leaves a popped chain to whoever serves the ring next, for whom it is {@linkplain #leftOver
   * left over}; nothing is popped any more.
   */
  void leave(Chain chain);

  /**
   * Gives a popped chain back, {@code written} bytes of it written (unsigned); the driver sees it
   * on {@link #publish}.
   */
  void push(Chain chain, int written);

  /** Lets the driver see all that was pushed. */
  void publish();

  /** Whether the driver wants to be interrupted for what was published since the last call. */
  boolean interruptWanted();

  /** Asks the driver for kicks. @return whether nothing is available, so that one may sleep */
  boolean armKicks();

  /** Tells the driver that kicks are not needed (a hint; with event indices some still come). */
  void disarmKicks();

  /** Whether a chain is available now. */
  boolean hasAvailable();

  /** How many chains are popped and not yet pushed. */
  int inFlight();

  /** How many chains that a predecessor took and did not give back are still to be popped. */
  int leftOver();

  /**
   * Where the next chain is taken from, as GET_VRING_BASE wants it: 16 bits for a split ring, 32
   * for a packed one.
   */
  int base();

  /** Looks addresses up in another table from now on; the ring itself must be in it too. */
  void remap(GuestMemory memory, RingMemory ring);

  /**
   * From now on all that this ring's device writes into the guest's memory is noted in a log, or
   * not any more.
   */
  void log(Optional<DirtyLog> log);

  /** Declares the ring broken, for a reason that lies outside of it; the first fault stays. */
  void fail(QueueFault fault);

  /**
   * Nobody waits for this ring any more, but requests are in flight: what is pushed from now on is
   * only counted, and guest memory left alone. The one method that any thread may call.
   */
  void abandon();

  /** Whether {@link #abandon} was called: guest memory is to be left alone. */
  boolean isAbandoned();

  /** Why the ring is broken, if it is. */
  Optional<QueueFault> fault();
}
