package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.kvmzone.bridge.virtqueue.ChainMemory.DESCRIPTOR_SIZE;
import static org.kvmzone.bridge.virtqueue.ChainMemory.WRITE;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.memory.DirtyLog;
import org.kvmzone.bridge.memory.GuestMemory;

/**
 * The packed ring (virtio 1.3 §2.8): one ring of descriptors that the driver fills and the device
 * writes back into. Its areas in {@link RingMemory} are the descriptors, the driver's wish to be
 * interrupted, and the device's wish to be kicked.
 *
 * <p>A place in the ring is counted here from 0 to twice the ring's size: in the first half the
 * wrap counter is 1, in the second 0 (§2.8.1). So two places differ by what lies between them, and
 * a full ring is not an empty one. Three places follow each other round the ring:
 *
 * <pre>
 *   published ≤ used ≤ available ≤ published + size
 * </pre>
 *
 * <p>The driver has seen what is before {@code published}; up to {@code used} it was given back,
 * but the driver does not know yet; from there to {@code available} it is in flight.
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

  // An event suppression area: descriptor and wrap counter in the low half, flags in the high.
  private static final int EVENTS_ENABLE = 0;
  private static final int EVENTS_DISABLE = 1;
  private static final int EVENTS_DESCRIPTOR = 2;
  private static final int EVENT_FLAGS = 3;
  private static final int WRAP = 1 << 15;

  private final int size;
  private final boolean eventIndex;
  private final short[] slots; // of the chain in flight by each id; 0 if there is none
  private final PackedChainReader reader;
  private final ChainMemory chainMemory;

  private GuestMemory memory;
  private RingMemory ring;
  private @Nullable DirtyLog log;
  private int available;
  private int used;
  private int published;
  private int untold; // slots published since interruptWanted was last asked, a ring twice at most
  private short firstFlags; // of the first descriptor that is used and not yet published
  private boolean kicksAsked = true; // as it is in a new ring, whose memory is zero
  private int inFlight;
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
    if (!isValidSize(size) || !isValidBase(size, base)) {
      throw new IllegalArgumentException(
          "packed ring of " + size + " entries at 0x" + Integer.toHexString(base));
    }
    this.size = size;
    this.eventIndex = (features & Features.EVENT_IDX) != 0;
    this.slots = new short[size];
    this.chainMemory = new ChainMemory((features & Features.INDIRECT_DESC) != 0, memory);
    this.reader = new PackedChainReader(size, chainMemory);
    this.memory = memory;
    this.ring = ringMemory;
    this.available = place(base);
    this.used = available;
    this.published = available;
  }

  /** Whether a packed ring may have this many entries. */
  public static boolean isValidSize(int size) {
    return size > 0 && size <= MAX_SIZE;
  }

  /** Whether a ring of this many entries has the place that {@code base} names. */
  public static boolean isValidBase(int size, int base) {
    return (base & (WRAP - 1)) < size;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public boolean pop(Chain chain) {
    long head = next();
    if (head == 0) {
      return false;
    }
    int room = size - distance(published, available);
    QueueFault found = reader.read(ring.descriptors(), slot(available), head, room, chain);
    int id = chain.head();
    if (found == null && id >= size) {
      found = QueueFault.DESCRIPTOR_INDEX;
    } else if (found == null && slots[id] != 0) {
      found = QueueFault.HEAD_IN_FLIGHT;
    }
    if (found != null) {
      fail(found);
      return false;
    }
    slots[id] = (short) reader.slots();
    available = advance(available, slots[id]);
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
    long head = (long) REST.getAcquire(ring.descriptors(), at(available) + LENGTH$OFFSET);
    if ((head & MARKS) != (available < size ? AVAILABLE_WRAP_1 : AVAILABLE_WRAP_0)) {
      return 0;
    }
    if (distance(published, available) == size) {
      fail(QueueFault.AVAILABLE_INDEX);
      return 0;
    }
    return head;
  }

  @Override
  public void unpop(Chain chain) {
    available = advance(available, 2 * size - forget(chain));
  }

  @Override
  public void push(Chain chain, int written) {
    int skip = forget(chain);
    if (isDead()) {
      return;
    }
    int flags = (used < size ? AVAIL | USED : 0) | (written == 0 ? 0 : WRITE);
    long at = at(used);
    if (used == published) {
      // The flags of a batch's first descriptor wait: the driver looks at no other before (§2.8.2).
      ring.descriptors().set(LE32, at + LENGTH$OFFSET, written);
      ring.descriptors().set(LE16, at + ID$OFFSET, (short) chain.head());
      firstFlags = (short) flags;
    } else {
      long rest = (written & 0xffff_ffffL) | (long) chain.head() << 32 | (long) flags << 48;
      ring.descriptors().set(LE64, at + LENGTH$OFFSET, rest);
      logDescriptor(at);
    }
    used = advance(used, skip);
    if (log != null) {
      log.mark(memory, chain.writable());
    }
  }

  private void logDescriptor(long at) {
    if (log != null) {
      log.mark(memory, ring.descriptors().address() + at, DESCRIPTOR_SIZE);
    }
  }

  /** Takes a chain off the list of those in flight; how many slots it has. */
  private int forget(Chain chain) {
    int id = chain.head();
    int number = slots[id];
    slots[id] = 0;
    inFlight--;
    return number;
  }

  @Override
  public void publish() {
    if (used == published || isDead()) {
      return;
    }
    // Release: the data, this descriptor and those behind it are there before its flags say so
    // (§2.8.21, by turns).
    FLAGS.setRelease(ring.descriptors(), at(published) + FLAGS$OFFSET, firstFlags);
    logDescriptor(at(published));
    untold = Math.min(untold + distance(published, used), 2 * size);
    published = used;
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
    int events = (wish >>> 16) & EVENT_FLAGS;
    if (events != EVENTS_DESCRIPTOR || !eventIndex) {
      return events != EVENTS_DISABLE;
    }
    int behind = Math.floorMod(published - place(wish), 2 * size);
    return behind != 0 && behind <= told;
  }

  @Override
  public boolean armKicks() {
    if (isDead()) {
      return true;
    }
    wish(eventIndex ? offWrap(available) | EVENTS_DESCRIPTOR << 16 : EVENTS_ENABLE << 16);
    kicksAsked = true;
    // The wish must be out before the flags are looked at again (§2.8.21.2).
    VarHandle.fullFence();
    return next() == 0;
  }

  @Override
  public void disarmKicks() {
    if (kicksAsked && !isDead()) {
      wish(EVENTS_DISABLE << 16);
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
    return next() != 0;
  }

  @Override
  public int inFlight() {
    return inFlight;
  }

  @Override
  public int leftOver() {
    return 0;
  }

  @Override
  public void log(Optional<DirtyLog> dirty) {
    log = dirty.orElse(null);
  }

  /** The place of the next available descriptor in the low half, of the next used one above it. */
  @Override
  public int base() {
    return offWrap(available) | offWrap(used) << 16;
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

  private int slot(int place) {
    return place < size ? place : place - size;
  }

  private long at(int place) {
    return (long) slot(place) * DESCRIPTOR_SIZE;
  }

  private int advance(int place, int by) {
    int next = place + by;
    return next < 2 * size ? next : next - 2 * size;
  }

  private int distance(int from, int to) {
    return to < from ? to - from + 2 * size : to - from;
  }

  /** A place as it is written in 16 bits: slot and wrap counter (virtio 1.3 §2.8.14). */
  private int offWrap(int place) {
    return place < size ? place | WRAP : place - size;
  }

  private int place(int offWrap) {
    int slot = offWrap & (WRAP - 1);
    return (offWrap & WRAP) != 0 ? slot : slot + size;
  }
}
