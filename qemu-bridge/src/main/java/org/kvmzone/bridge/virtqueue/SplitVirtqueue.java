package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.memory.DirtyLog;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.LostMemory;

/** The split ring (virtio 1.3 §2.7). */
public final class SplitVirtqueue implements Virtqueue {
  private static final ValueLayout.OfShort LE16 = JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64_UNALIGNED =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INDEX = LE16.varHandle();

  private static final long FLAGS = 0;
  private static final long IDX = 2;
  private static final long RING = 4;
  private static final short AVAIL_NO_INTERRUPT = 1;
  private static final short USED_NO_NOTIFY = 1;

  /** Descriptors in a cache line; drivers mostly use neighbours one after the other. */
  private static final int PER_LINE = 4;

  private final int size;
  private final int mask;
  private final boolean eventIndex;
  private final boolean[] popped;
  private final long[] elements; // of the used ring, until they are published
  private final ChainReader reader;
  private final ChainMemory chainMemory;
  private final @Nullable SplitInflight inflight;

  private GuestMemory memory;
  private RingMemory ring;
  private @Nullable DirtyLog log;
  private int[] leftOver = {}; // heads that a predecessor took, the oldest first
  private int leftOverTaken;
  private boolean onward; // chains of this ring's own time were popped
  private int nextAvailable; // 16 bits, as the ring counts
  private int knownAvailable; // the driver's index when it was last read
  private int used; // 16 bits: what was pushed, published or not
  private int published; // 16 bits: what of it the driver was let see
  private int interruptedAt; // the used index when interruptWanted was last asked
  private int inFlight;

  @SuppressWarnings("unused") // what is read in advance has to go somewhere
  private long touched;

  private @Nullable QueueFault fault;
  private volatile boolean abandoned;

  /**
   * A ring that the driver has set up.
   *
   * @param size entries, a power of two up to {@link #MAX_SIZE}
   * @param features what was negotiated
   * @param base the available index to begin at
   * @throws IllegalArgumentException if the size is none
   */
  public SplitVirtqueue(
      int size, long features, int base, GuestMemory memory, RingMemory ringMemory) {
    this(size, features, base, memory, ringMemory, Optional.empty());
  }

  /**
   * A ring that the driver has set up, and that may have been served before.
   *
   * @param base the available index to begin at, if there is no area to tell it
   * @param area where chains in flight are noted for a successor, and found from a predecessor
   * @throws IllegalArgumentException if the size is none, or what the area says cannot be
   */
  public SplitVirtqueue(
      int size,
      long features,
      int base,
      GuestMemory memory,
      RingMemory ringMemory,
      Optional<SplitInflight> area) {
    if (!isValidSize(size)) {
      throw new IllegalArgumentException("split ring of " + size + " entries");
    }
    this.size = size;
    this.mask = size - 1;
    this.eventIndex = (features & Features.EVENT_IDX) != 0;
    this.popped = new boolean[size];
    this.elements = new long[size];
    this.chainMemory = new ChainMemory((features & Features.INDIRECT_DESC) != 0, memory);
    this.reader = new ChainReader(size, chainMemory);
    this.memory = memory;
    this.ring = ringMemory;
    this.inflight = area.orElse(null);
    // What was given back before is in the ring itself: a back end that comes anew goes on there.
    this.used = ringMemory.used().get(LE16, IDX) & 0xffff;
    this.published = used;
    this.interruptedAt = used;
    if (inflight == null) {
      this.nextAvailable = base & 0xffff;
    } else {
      leftOver = inflight.recover(used);
      // Whatever was taken was given back or is left over; the front end may know less than that.
      this.nextAvailable = (used + leftOver.length) & 0xffff;
    }
    this.knownAvailable = nextAvailable;
  }

  /** Whether a split ring may have this many entries. */
  public static boolean isValidSize(int size) {
    return size > 0 && size <= MAX_SIZE && Integer.bitCount(size) == 1;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public boolean pop(Chain chain) {
    if (leftOverTaken < leftOver.length) {
      return !isDead() && take(leftOver[leftOverTaken++], chain);
    }
    if (isDead() || (nextAvailable == knownAvailable && !refresh())) {
      return false;
    }
    int slot = nextAvailable & mask;
    int head = ring.available().get(LE16, RING + 2L * slot) & 0xffff;
    if (!take(head, chain)) {
      return false;
    }
    nextAvailable = (nextAvailable + 1) & 0xffff;
    onward = true;
    return true;
  }

  @Override
  public int pop(SingleBuffers batch, int most, boolean writable) {
    if (inflight != null || isDead() || (nextAvailable == knownAvailable && !refresh())) {
      return 0;
    }
    int ready = (knownAvailable - nextAvailable) & 0xffff;
    int heads = popHeads(batch, Math.min(ready, Math.min(most, batch.capacity())));
    int count = chainMemory.addSingles(ring.descriptors(), batch, heads, writable);
    for (int i = count; i < heads; i++) {
      popped[batch.heads[i]] = false;
    }
    inFlight += count;
    nextAvailable = (nextAvailable + count) & 0xffff;
    onward = true; // without an in-flight area there is nothing else
    return count;
  }

  /** Notes the next heads that can be taken; returns how many. */
  private int popHeads(SingleBuffers batch, int most) {
    for (int i = 0; i < most; i++) {
      int slot = (nextAvailable + i) & mask;
      int head = ring.available().get(LE16, RING + 2L * slot) & 0xffff;
      if (head >= size || popped[head]) {
        return i;
      }
      popped[head] = true;
      batch.heads[i] = head;
    }
    return most;
  }

  private boolean take(int head, Chain chain) {
    QueueFault found;
    if (head >= size) {
      found = QueueFault.DESCRIPTOR_INDEX;
    } else if (popped[head]) {
      found = QueueFault.HEAD_IN_FLIGHT;
    } else {
      found = reader.read(ring.descriptors(), head, chain);
    }
    if (found != null) {
      fail(found);
      return false;
    }
    if (inflight != null) {
      inflight.take(head);
      LostMemory.report(); // of the area: before the chain counts, or nobody would give it back
    }
    popped[head] = true;
    inFlight++;
    return true;
  }

  /** Reads the driver's index; false if nothing new is there, or the ring is broken. */
  private boolean refresh() {
    // Acquire: what the driver wrote before it raised the index is seen (virtio 1.3 §2.7.13.3).
    int index = (short) INDEX.getAcquire(ring.available(), IDX) & 0xffff;
    int ahead = (index - nextAvailable) & 0xffff;
    if (ahead == 0) {
      return false;
    }
    if (ahead > size - inFlight - leftOver()) {
      fail(QueueFault.AVAILABLE_INDEX);
      return false;
    }
    knownAvailable = index;
    touchDescriptors(ahead);
    return true;
  }

  /**
   * The driver has just written its descriptors, so they lie in another core's cache. Asked for in
   * advance their lines are under way together, not one after the other.
   */
  private void touchDescriptors(int count) {
    long sum = 0;
    for (int i = 0; i < count; i += PER_LINE) {
      int head = ring.available().get(LE16, RING + 2L * ((nextAvailable + i) & mask)) & mask;
      sum += ring.descriptors().get(LE64_UNALIGNED, 16L * head);
    }
    touched = sum;
  }

  @Override
  public void unpop(Chain chain) {
    popped[chain.head()] = false;
    inFlight--;
    if (!onward) {
      leftOverTaken--;
      return;
    }
    if (inflight != null && !abandoned) { // the area may be a successor's by now
      inflight.undo(chain.head());
    }
    nextAvailable = (nextAvailable - 1) & 0xffff;
  }

  @Override
  public boolean mayLeave() {
    return inflight != null && log == null;
  }

  @Override
  public void leave(Chain chain) {
    inFlight--; // its mark stays
  }

  @Override
  public void unpop(SingleBuffers batch, int from, int count) {
    for (int i = from; i < count; i++) {
      popped[batch.heads[i]] = false;
    }
    inFlight -= count - from;
    nextAvailable = (nextAvailable - (count - from)) & 0xffff;
  }

  @Override
  public void push(SingleBuffers batch, int from, int to, int[] written) {
    boolean dead = isDead();
    for (int i = from; i < to; i++) {
      int head = batch.heads[i];
      popped[head] = false;
      if (!dead) {
        addUsed(head, written[i]);
      }
    }
    inFlight -= to - from;
    if (log != null && !dead) {
      for (int i = from; i < to; i++) {
        log.mark(memory, batch.memory.address() + batch.offsets[i], written[i]);
      }
    }
  }

  @Override
  public void push(Chain chain, int written) {
    int head = chain.head();
    popped[head] = false;
    inFlight--;
    if (isDead()) {
      return;
    }
    addUsed(head, written);
    if (inflight != null) {
      inflight.finish(head);
    }
    if (log != null) {
      log.mark(memory, chain.writable());
    }
  }

  private void addUsed(int head, int written) {
    // Element of the used ring: id, then length (virtio 1.3 §2.7.8).
    elements[used & mask] = (head & 0xffffL) | (written & 0xffff_ffffL) << 32;
    used = (used + 1) & 0xffff;
  }

  @Override
  public void publish() {
    if (isDead()) {
      return;
    }
    writeElements();
    if (inflight != null) {
      inflight.beforePublish();
    }
    // Release: the elements and the data are there before the index says so (§2.7.8.2).
    INDEX.setRelease(ring.used(), IDX, (short) used);
    if (inflight != null) {
      inflight.published(used);
    }
    logUsed(IDX, Short.BYTES);
  }

  /**
   * Writes what was pushed since the last time. All at once, because the driver has these lines:
   * the processor fetches as many together as stores to them wait in a row.
   */
  private void writeElements() {
    for (int i = published; i != used; i = (i + 1) & 0xffff) {
      long at = RING + 8L * (i & mask);
      ring.used().set(LE64_UNALIGNED, at, elements[i & mask]);
      logUsed(at, Long.BYTES);
    }
    published = used;
  }

  private void logUsed(long offset, long length) {
    if (log != null) {
      log.mark(memory, ring.used().address() + offset, length);
    }
  }

  @Override
  public boolean interruptWanted() {
    if (used == interruptedAt || isDead()) {
      return false;
    }
    int old = interruptedAt;
    interruptedAt = used;
    // The index must be out before the driver's wish is read, or both wait for ever (§2.7.7.2).
    VarHandle.fullFence();
    if (!eventIndex) {
      return (ring.available().get(LE16, FLAGS) & AVAIL_NO_INTERRUPT) == 0;
    }
    int usedEvent = ring.available().get(LE16, RING + 2L * size) & 0xffff;
    return ((used - usedEvent - 1) & 0xffff) < ((used - old) & 0xffff);
  }

  @Override
  public boolean armKicks() {
    if (isDead()) {
      return true;
    }
    if (eventIndex) {
      ring.used().set(LE16, RING + 8L * size, (short) nextAvailable);
      logUsed(RING + 8L * size, Short.BYTES);
    } else {
      ring.used().set(LE16, FLAGS, (short) 0);
      logUsed(FLAGS, Short.BYTES);
    }
    // The wish must be out before the index is looked at again (§2.7.10.1).
    VarHandle.fullFence();
    return !hasAvailable();
  }

  @Override
  public void disarmKicks() {
    // With event indices the old one is left behind: kicks end when the driver passes it.
    if (!eventIndex && !isDead()) {
      ring.used().set(LE16, FLAGS, USED_NO_NOTIFY);
      logUsed(FLAGS, Short.BYTES);
    }
  }

  @Override
  public boolean hasAvailable() {
    return !isDead() && (leftOver() > 0 || nextAvailable != knownAvailable || refresh());
  }

  @Override
  public int inFlight() {
    return inFlight;
  }

  @Override
  public int leftOver() {
    return isDead() ? 0 : leftOver.length - leftOverTaken;
  }

  @Override
  public void log(Optional<DirtyLog> dirty) {
    log = dirty.orElse(null);
  }

  @Override
  public int base() {
    return nextAvailable;
  }

  @Override
  public void remap(GuestMemory newMemory, RingMemory ringMemory) {
    chainMemory.replace(newMemory);
    memory = newMemory;
    ring = ringMemory;
  }

  @Override
  public void fail(QueueFault reason) {
    if (fault == null) {
      fault = reason;
    }
  }

  @Override
  public Optional<QueueFault> fault() {
    return Optional.ofNullable(fault);
  }

  @Override
  public void abandon() {
    abandoned = true;
  }

  @Override
  public boolean isAbandoned() {
    return abandoned;
  }

  /** A ring that is broken or abandoned is neither taken from nor written to any more. */
  private boolean isDead() {
    return fault != null || abandoned;
  }
}
