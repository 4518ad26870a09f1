package org.kvmzone.bridge.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;

/** A guest's memory: one region of a memfd, as a front end shares it. */
public final class GuestRam implements AutoCloseable {
  /** Where the guest sees its memory begin: not zero, so that nobody confuses it with an offset. */
  public static final long GUEST_BASE = 0x1_0000_0000L;

  /** Where the front end claims to see it. */
  public static final long USER_BASE = 0x7f00_0000_0000L;

  private final Fd fd;
  private final MemoryRegion region;
  private final GuestMemory memory;
  private final AtomicLong next = new AtomicLong(GUEST_BASE);

  /** Memory of {@code size} bytes at {@link #GUEST_BASE}. */
  public GuestRam(long size) {
    this(size, GUEST_BASE, USER_BASE);
  }

  /** Memory of {@code size} bytes at these addresses. */
  public GuestRam(long size, long guestBase, long userBase) {
    fd = Fd.memory("guest", size, 0);
    region =
        MemoryRegion.map(new MemoryRegion.Description(guestBase, size, userBase, 0), fd.number());
    memory = new GuestMemory(List.of(region));
    next.set(guestBase);
  }

  /** The file that the memory is in. */
  public Fd fd() {
    return fd;
  }

  /** As a device sees it. */
  public MemoryRegion region() {
    return region;
  }

  /** The table of this one region. */
  public GuestMemory memory() {
    return memory;
  }

  /** The guest address of {@code length} bytes that nobody else was given. */
  public long allocate(long length, long alignment) {
    return next.updateAndGet(at -> align(at, alignment) + length) - length;
  }

  private static long align(long at, long alignment) {
    return (at + alignment - 1) / alignment * alignment;
  }

  /** The memory at a guest address. */
  public MemorySegment at(long guestAddress, long length) {
    return region.segment().asSlice(guestAddress - region.guestAddress(), length);
  }

  /** What the front end calls a guest address. */
  public long userAddress(long guestAddress) {
    return guestAddress - region.guestAddress() + region.description().userAddress();
  }

  /** A new piece of memory that holds these bytes. */
  public Piece readable(byte... bytes) {
    long address = allocate(Math.max(bytes.length, 1), 16);
    MemorySegment.copy(bytes, 0, at(address, bytes.length), ValueLayout.JAVA_BYTE, 0, bytes.length);
    return new Piece(address, bytes.length, false);
  }

  /** A new piece of memory for the device to write. */
  public Piece writable(int length) {
    return new Piece(allocate(Math.max(length, 1), 16), length, true);
  }

  /** The bytes of a piece as they are now. */
  public byte[] bytes(Piece piece) {
    return at(piece.address(), piece.length()).toArray(ValueLayout.JAVA_BYTE);
  }

  @Override
  public void close() {
    region.close();
    fd.close();
  }

  /**
   * A buffer of the driver's.
   *
   * @param address guest-physical
   * @param length bytes
   * @param writable for the device
   */
  public record Piece(long address, int length, boolean writable) {}
}
