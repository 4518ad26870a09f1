package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.kvmzone.bridge.virtqueue.ChainMemory.DESCRIPTOR_SIZE;
import static org.kvmzone.bridge.virtqueue.ChainMemory.WRITE;
import static org.kvmzone.bridge.virtqueue.ChainMemory.descriptor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.memory.DirtyLog;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;

/**
 * The packed ring (virtio 1.3 §2.8): one ring of descriptors that the driver fills and the device
 * writes back into. Its areas in {@link RingMemory} are the descriptors, the driver's wish to be
 * interrupted, and the device's wish to be kicked.
 *
 * <p>Three {@linkplain PackedPlaces places} follow each other round the ring:
 *
 * <pre>
 *   published ≤ used ≤ available ≤ published + size
 * </pre>
 *
 * <p>The driver has seen what is before {@code published}; up to {@code used} it was given back,
 * but the driver does not know yet; from there to {@code available} it is in flight.
 *
 * <p>Where chains in flight are noted for a successor, they are given back one by one: it has to
 * find none half given back. Otherwise a batch is seen at once.
 */
public final class PackedVirtqueue implements Virtqueue {
  private static final ValueLayout.OfShort LE16 = JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 = JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle FLAGS = LE16.varHandle();
  private static final VarHandle REST = LE64.varHandle();

  // A descriptor: address, then length, id and flags, which are read as one number.
  private static final long LENGTH$OFFSET = 8;
  private static final long ID$OFFSET = 12;
  private static final long FLAGS$OFFSET = 14;

  private static final int AVAIL = 1 << 7;
  private static final int USED = 1 << 15;
  private static final long MARKS = (long) (AVAIL | USED) << 48;
  private static final long AVAILABLE_WRAP_1 = (long) AVAIL << 48;
  private static final long AVAILABLE_WRAP_0 = (long) USED << 48;

  private final int size;
  private final PackedPlaces places;
  private final boolean eventIndex;
  private final short[] slots; // of the chain in flight by each id; 0 if there is none
  private final int[] pendingPlaces;
  private final long[] pendingElements;
  private final PackedChainReader reader;
  private final ChainMemory chainMemory;
  private final @Nullable PackedRecovery recovery;
  private final @Nullable PackedInflight inflight;

  private GuestMemory memory;
  private RingMemory ring;
  private @Nullable DirtyLog log;
  private int available;
  private int used;
  private int published;
  private int untold; // slots published since interruptWanted was last asked, a ring twice at most
  private int pending; // chains pushed and not yet written
  private short firstFlags; // of the first descriptor that is used and not yet published
  private boolean kicksAsked = true; // as it is in a new ring, whose memory is zero
  private int inFlight;
  private boolean onward; // chains of this ring's own time were popped
  private @Nullable QueueFault fault;
  private volatile boolean abandoned;

  /**
   * A ring that the driver has set up.
   *
   * @param size entries, up to {@link #MAX_SIZE}
   * @param features what was negotiated
   * @param base where to begin, as {@link #base} puts it. Only the half that is about available
   *     descriptors counts: a ring is drained before it is left, so the other half is the same, and
   *     DPDK's virtio-user leaves it out
   * @throws IllegalArgumentException if size or base is none
   */
  public PackedVirtqueue(
      int size, long features, int base, GuestMemory memory, RingMemory ringMemory) {
    this(size, features, base, memory, ringMemory, Optional.empty());
  }

  /**
   * A ring that the driver has set up, and that may have been served before.
   *
   * @param base where to begin, if there is no area that tells it
   * @param area where chains in flight are noted for a successor, and found from a predecessor
   * @throws IllegalArgumentException if size or base is none, or what the area says cannot be
   */
  public PackedVirtqueue(
      int size,
      long features,
      int base,
      GuestMemory memory,
      RingMemory ringMemory,
      Optional<MemorySegment> area) {
    this(size, features, base, memory, ringMemory, area, VarHandle::releaseFence);
  }

  /** The same with another fence between the area's stores: a test looks at memory there. */
  PackedVirtqueue(
      int size,
      long features,
      int base,
      GuestMemory memory,
      RingMemory ringMemory,
      Optional<MemorySegment> area,
      Runnable fence) {
    if (!isValidSize(size) || !isValidBase(size, base)) {
      throw new IllegalArgumentException(
          "packed ring of " + size + " entries at 0x" + Integer.toHexString(base));
    }
    this.size = size;
    this.eventIndex = (features & Features.EVENT_IDX) != 0;
    this.slots = new short[size];
    this.pendingPlaces = new int[size];
    this.pendingElements = new long[size];
    this.chainMemory = new ChainMemory((features & Features.INDIRECT_DESC) != 0, memory);
    this.places = new PackedPlaces(size);
    this.reader = new PackedChainReader(size, chainMemory, area.isPresent());
    this.memory = memory;
    this.ring = ringMemory;
    MemorySegment descriptors = ringMemory.descriptors();
    recovery =
        area.map(found -> new PackedRecovery(found, size, descriptors, base & 0xffff, fence))
            .orElse(null);
    inflight = recovery == null ? null : recovery.inflight();
    this.used = places.of(recovery == null ? base : recovery.place());
    this.published = used;
    // Whatever was taken was given back or is left over; the front end may know less than that.
    this.available = recovery == null ? used : places.advance(used, recovery.slots());
  }

  /** Whether a packed ring may have this many entries. */
  public static boolean isValidSize(int size) {
    return size > 0 && size <= MAX_SIZE;
  }

  /** Whether a ring of this many entries has the place that {@code base} names. */
  public static boolean isValidBase(int size, int base) {
    return PackedPlaces.isValid(size, base);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public boolean pop(Chain chain) {
    if (recovery != null && recovery.leftOver() > 0) {
      return !isDead() && take(recovery.read(reader, chain), chain);
    }
    long head = next();
    if (head == 0) {
      return false;
    }
    int room = size - places.distance(published, available);
    if (!take(reader.read(ring.descriptors(), places.slot(available), head, room, chain), chain)) {
      return false;
    }
    available = places.advance(available, reader.slots());
    onward = true;
    if (inflight != null) {
      inflight.take(chain.head(), reader);
    }
    return true;
  }

  @Override
  public int pop(SingleBuffers batch, int most, boolean writable) {
    if (recovery != null || isDead()) {
      return 0;
    }
    int slot = places.slot(available);
    int room = Math.min(size - slot, size - places.distance(published, available));
    int wanted = (places.wraps(available) ? AVAIL : USED) | (writable ? WRITE : 0);
    int count = popSingles(batch, Math.min(Math.min(most, batch.capacity()), room), slot, wanted);
    available = places.advance(available, count);
    inFlight += count;
    onward = true; // without an in-flight area there is nothing else
    return count;
  }

  /**
   * Takes descriptors from a slot on, none beyond the ring's end, for as long as they are available
   * single buffers.
   *
   * @param wanted the flags of one
   */
  private int popSingles(SingleBuffers batch, int most, int slot, int wanted) {
    batch.memory = chainMemory.span();
    MemorySegment descriptors = ring.descriptors();
    int count = 0;
    do {
      count = popOfRegion(batch, count, most, slot, wanted);
    } while (count < most && chainMemory.turnTo(descriptors.get(LE64, descriptor(slot + count))));
    return count;
  }

  /** The same from one on, for as long as they lie in the region of the last. */
  private int popOfRegion(SingleBuffers batch, int from, int most, int slot, int wanted) {
    MemoryRegion region = chainMemory.lastRegion();
    if (region == null) {
      return from;
    }
    MemorySegment descriptors = ring.descriptors();
    long base = region.guestAddress();
    long span = region.size();
    long begin = chainMemory.placeInSpan(region);
    short[] slots = this.slots; // an acquiring load has fields read again
    int[] heads = batch.heads;
    long[] offsets = batch.offsets;
    long[] lengths = batch.lengths;
    for (int i = from; i < most; i++) {
      long at = descriptor(slot + i);
      // Acquire: as in next().
      long rest = (long) REST.getAcquire(descriptors, at + LENGTH$OFFSET);
      int id = (int) (rest >>> 32) & 0xffff;
      if (rest >>> 48 != wanted || id >= size || slots[id] != 0) {
        return i;
      }
      long offset = descriptors.get(LE64, at) - base;
      long length = rest & 0xffff_ffffL;
      if (!ChainMemory.contains(span, offset, length)) {
        return i;
      }
      slots[id] = 1;
      heads[i] = id;
      offsets[i] = begin + offset;
      lengths[i] = length;
    }
    return most;
  }

  /** Takes a chain that was read, unless something was found wrong with it. */
  private boolean take(@Nullable QueueFault found, Chain chain) {
    int id = chain.head();
    QueueFault wrong = found;
    if (wrong == null && id >= size) {
      wrong = QueueFault.DESCRIPTOR_INDEX;
    } else if (wrong == null && slots[id] != 0) {
      wrong = QueueFault.HEAD_IN_FLIGHT;
    }
    if (wrong != null) {
      fail(wrong);
      return false;
    }
    slots[id] = (short) reader.slots();
    inFlight++;
    return true;
  }

  /**
   * Length, id and flags of the next descriptor if the driver has made it available; otherwise 0,
   * which no available descriptor is.
   */
  private long next() {
    if (isDead()) {
      return 0;
    }
    // Acquire: what the driver wrote before it set the flags is seen (virtio 1.3 §2.8.21.1.1).
    long head = (long) REST.getAcquire(ring.descriptors(), places.at(available) + LENGTH$OFFSET);
    if ((head & MARKS) != (places.wraps(available) ? AVAILABLE_WRAP_1 : AVAILABLE_WRAP_0)) {
      return 0;
    }
    if (places.distance(published, available) == size) {
      fail(QueueFault.AVAILABLE_INDEX);
      return 0;
    }
    return head;
  }

  @Override
  public void unpop(Chain chain) {
    int number = slots[chain.head()];
    slots[chain.head()] = 0;
    inFlight--;
    if (recovery != null && !onward) {
      recovery.undo();
      return;
    }
    available = places.retreat(available, number);
    if (inflight != null && !abandoned) { // the area may be a successor's by now
      inflight.undo(chain.head());
    }
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
      slots[batch.heads[i]] = 0;
    }
    inFlight -= count - from;
    available = places.retreat(available, count - from);
  }

  @Override
  public void push(SingleBuffers batch, int from, int to, int[] written) {
    inFlight -= to - from;
    if (isDead()) {
      return;
    }
    int first = from;
    if (used == published && first < to) {
      int id = batch.heads[first];
      slots[id] = 0;
      addUsed(id, written[first], 1);
      first++;
    }
    while (first < to) {
      int end = Math.min(to, first + size - places.slot(used));
      writeUsed(batch, first, end, written);
      first = end;
    }
    for (int i = from; log != null && i < to; i++) {
      log.mark(memory, batch.memory.address() + batch.offsets[i], written[i]);
    }
  }

  /**
   * Writes used descriptors at once, none beyond the ring's end; none is the first, whose flags the
   * driver looks at.
   */
  private void writeUsed(SingleBuffers batch, int from, int to, int[] written) {
    MemorySegment descriptors = ring.descriptors();
    short[] slots = this.slots;
    int[] heads = batch.heads;
    long marks = marks(used);
    long start = places.at(used);
    for (int i = from; i < to; i++) {
      int id = heads[i];
      slots[id] = 0;
      long at = start + (long) (i - from) * DESCRIPTOR_SIZE;
      descriptors.set(LE64, at + LENGTH$OFFSET, element(marks, id, written[i]));
    }
    logDescriptors(start, to - from);
    used = places.advance(used, to - from);
  }

  @Override
  public void push(Chain chain, int written) {
    int id = chain.head();
    int number = slots[id];
    inFlight--;
    if (isDead()) {
      return;
    }
    if (inflight != null) {
      inflight.finish(id, written); // the id is the driver's again when it knows
      used = places.advance(used, number);
    } else {
      slots[id] = 0;
      addUsed(id, written, number);
    }
    if (log != null) {
      log.mark(memory, chain.writable());
    }
  }

  private void addUsed(int id, int written, int number) {
    pendingPlaces[pending] = used;
    pendingElements[pending] = element(marks(used), id, written);
    pending++;
    used = places.advance(used, number);
  }

  /** Length, id and flags of a used descriptor. */
  private static long element(long marks, int id, int written) {
    long flags = written == 0 ? marks : marks | (long) WRITE << 48;
    return (written & 0xffff_ffffL) | (long) id << 32 | flags;
  }

  /** The marks, among the flags, of a descriptor that is used at a place. */
  private long marks(int place) {
    return places.wraps(place) ? MARKS : 0;
  }

  /**
   * Writes what was pushed since the last time, but for the first one's flags: the driver looks at
   * no other before (§2.8.2). All at once, because the driver has these lines: the processor
   * fetches as many together as stores to them wait in a row.
   */
  private void writePending() {
    writeFirst(pendingElements[0]);
    for (int i = 1; i < pending; i++) {
      long at = places.at(pendingPlaces[i]);
      ring.descriptors().set(LE64, at + LENGTH$OFFSET, pendingElements[i]);
      logDescriptors(at, 1);
    }
    pending = 0;
  }

  private void writeFirst(long element) {
    long at = places.at(published);
    ring.descriptors().set(LE32, at + LENGTH$OFFSET, (int) element);
    ring.descriptors().set(LE16, at + ID$OFFSET, (short) (element >>> 32));
    firstFlags = (short) (element >>> 48);
  }

  private void logDescriptors(long at, int count) {
    if (log != null) {
      log.mark(memory, ring.descriptors().address() + at, (long) count * DESCRIPTOR_SIZE);
    }
  }

  @Override
  public void publish() {
    if (used == published || isDead()) {
      return;
    }
    if (inflight == null) {
      writePending();
      expose(used);
      return;
    }
    while (inflight.hasFinished()) {
      int id = inflight.id();
      int next = places.advance(published, slots[id]);
      writeFirst(element(marks(published), id, inflight.bytes()));
      inflight.giveBack(places.offWrap(next));
      expose(next);
      inflight.gaveBack();
      slots[id] = 0;
    }
  }

  /** Lets the driver see what is used up to a place. */
  private void expose(int upTo) {
    // Release: the data, this descriptor and those behind it are there before its flags say so
    // (§2.8.21, by turns).
    FLAGS.setRelease(ring.descriptors(), places.at(published) + FLAGS$OFFSET, firstFlags);
    logDescriptors(places.at(published), 1);
    untold = Math.min(untold + places.distance(published, upTo), 2 * size);
    published = upTo;
  }

  @Override
  public boolean interruptWanted() {
    if (untold == 0 || isDead()) {
      return false;
    }
    int told = untold;
    untold = 0;
    // The flags must be out before the driver's wish is read, or both wait for ever (§2.8.22).
    VarHandle.fullFence();
    int wish = ring.available().get(LE32, 0);
    return PackedEvents.wanted(wish, eventIndex, places, published, told);
  }

  @Override
  public boolean armKicks() {
    if (isDead()) {
      return true;
    }
    wish(eventIndex ? PackedEvents.descriptor(places.offWrap(available)) : PackedEvents.ENABLE);
    kicksAsked = true;
    // The wish must be out before the flags are looked at again (§2.8.21.2).
    VarHandle.fullFence();
    return !hasAvailable();
  }

  @Override
  public void disarmKicks() {
    if (kicksAsked && !isDead()) {
      wish(PackedEvents.DISABLE);
      kicksAsked = false;
    }
  }

  private void wish(int events) {
    ring.used().set(LE32, 0, events);
    if (log != null) {
      log.mark(memory, ring.used().address(), Integer.BYTES);
    }
  }

  @Override
  public boolean hasAvailable() {
    return leftOver() > 0 || next() != 0;
  }

  @Override
  public int inFlight() {
    return inFlight;
  }

  @Override
  public int leftOver() {
    return recovery == null || isDead() ? 0 : recovery.leftOver();
  }

  @Override
  public void log(Optional<DirtyLog> dirty) {
    log = dirty.orElse(null);
  }

  /** The place of the next available descriptor in the low half, of the next used one above it. */
  @Override
  public int base() {
    return places.offWrap(available) | places.offWrap(used) << 16;
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
