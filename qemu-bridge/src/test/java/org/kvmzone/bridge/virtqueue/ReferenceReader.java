package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;

/**
 * What a chain means, written down a second time: slowly, in unbounded numbers, a byte at a time
 * where that is simpler, and without a thought of speed.
 */
final class ReferenceReader {
  private static final BigInteger FOUR_GIB = BigInteger.ONE.shiftLeft(32);
  private static final BigInteger ADDRESSES = BigInteger.ONE.shiftLeft(64);

  /** A piece of this process's memory. */
  record Part(long address, long length, boolean writable) {}

  /** A fault, or the parts and the chain's name. */
  record Outcome(Optional<QueueFault> fault, List<Part> parts, int name) {}

  /** The last number is the next index in a split ring, the buffer's id in a packed one. */
  private record Descriptor(BigInteger address, BigInteger length, int flags, int number) {
    boolean has(int flag) {
      return (flags & flag) != 0;
    }
  }

  private static final class Broken extends Exception {
    private static final long serialVersionUID = 1;
    private final QueueFault fault;

    Broken(QueueFault fault) {
      this.fault = fault;
    }
  }

  private final GuestMemory memory;
  private final boolean indirectAllowed;
  private final List<Part> parts = new ArrayList<>();
  private int descriptors;
  private BigInteger total = BigInteger.ZERO;
  private boolean writing;

  private ReferenceReader(GuestMemory memory, boolean indirectAllowed) {
    this.memory = memory;
    this.indirectAllowed = indirectAllowed;
  }

  static Outcome read(
      GuestMemory memory, boolean indirectAllowed, MemorySegment ring, int size, int head) {
    ReferenceReader reader = new ReferenceReader(memory, indirectAllowed);
    try {
      reader.walkRing(ring, size, head);
      return new Outcome(Optional.empty(), reader.parts, head);
    } catch (Broken broken) {
      return new Outcome(Optional.of(broken.fault), List.of(), 0);
    }
  }

  /** A chain of a packed ring in which nothing is in flight. */
  static Outcome readPacked(
      GuestMemory memory, boolean indirectAllowed, MemorySegment ring, int size, int first) {
    ReferenceReader reader = new ReferenceReader(memory, indirectAllowed);
    try {
      int id = reader.walkPacked(ring, size, first);
      return new Outcome(Optional.empty(), reader.parts, id);
    } catch (Broken broken) {
      return new Outcome(Optional.of(broken.fault), List.of(), 0);
    }
  }

  private void walkRing(MemorySegment ring, int size, int head) throws Broken {
    int index = head;
    for (int visited = 0; ; visited++) {
      require(index < size, QueueFault.DESCRIPTOR_INDEX);
      require(visited < size && descriptors < 1024, QueueFault.CHAIN_TOO_LONG);
      Descriptor descriptor = descriptor(ring.asSlice(16L * index, 16));
      if (descriptor.has(EdgeFixture.INDIRECT)) {
        require(indirectAllowed, QueueFault.INDIRECT_FORBIDDEN);
        require(!descriptor.has(EdgeFixture.NEXT), QueueFault.INDIRECT_FORBIDDEN);
        walkTable(descriptor);
        return;
      }
      use(descriptor);
      if (!descriptor.has(EdgeFixture.NEXT)) {
        return;
      }
      index = descriptor.number;
    }
  }

  private int walkPacked(MemorySegment ring, int size, int first) throws Broken {
    for (int visited = 0; ; visited++) {
      require(visited < size && visited < 1024, QueueFault.CHAIN_TOO_LONG);
      Descriptor descriptor = packed(ring.asSlice(16L * ((first + visited) % size), 16));
      if (descriptor.has(EdgeFixture.INDIRECT)) {
        require(visited == 0 && indirectAllowed, QueueFault.INDIRECT_FORBIDDEN);
        require(!descriptor.has(EdgeFixture.NEXT), QueueFault.INDIRECT_FORBIDDEN);
        usePackedTable(descriptor);
        return descriptor.number;
      }
      use(descriptor);
      if (!descriptor.has(EdgeFixture.NEXT)) {
        return descriptor.number;
      }
    }
  }

  private void usePackedTable(Descriptor reference) throws Broken {
    long length = reference.length.longValueExact();
    require(length > 0 && length % 16 == 0, QueueFault.INDIRECT_LENGTH);
    require(length / 16 <= 1024, QueueFault.CHAIN_TOO_LONG);
    byte[] table = bytes(resolve(reference.address, reference.length, false));
    for (int at = 0; at < length; at += 16) {
      use(packed(MemorySegment.ofArray(table).asSlice(at, 16)));
    }
  }

  private void walkTable(Descriptor reference) throws Broken {
    long length = reference.length.longValueExact();
    require(length > 0 && length % 16 == 0, QueueFault.INDIRECT_LENGTH);
    resolve(reference.address, reference.length, false); // all of it has to be memory
    int index = 0;
    while (true) {
      require(index < length / 16, QueueFault.DESCRIPTOR_INDEX);
      require(descriptors < 1024, QueueFault.CHAIN_TOO_LONG);
      BigInteger at = reference.address.add(BigInteger.valueOf(16L * index));
      byte[] entry = bytes(resolve(at, BigInteger.valueOf(16), false));
      Descriptor descriptor = descriptor(MemorySegment.ofArray(entry));
      require(!descriptor.has(EdgeFixture.INDIRECT), QueueFault.INDIRECT_FORBIDDEN);
      use(descriptor);
      if (!descriptor.has(EdgeFixture.NEXT)) {
        return;
      }
      index = descriptor.number;
    }
  }

  private void use(Descriptor descriptor) throws Broken {
    descriptors++;
    boolean write = descriptor.has(EdgeFixture.WRITE);
    require(write || !writing, QueueFault.READABLE_AFTER_WRITABLE);
    writing = write;
    total = total.add(descriptor.length);
    require(total.compareTo(FOUR_GIB) < 0, QueueFault.TOO_MANY_BYTES);
    parts.addAll(resolve(descriptor.address, descriptor.length, write));
  }

  private List<Part> resolve(BigInteger address, BigInteger length, boolean write) throws Broken {
    List<Part> found = new ArrayList<>();
    BigInteger at = address;
    BigInteger end = address.add(length);
    while (at.compareTo(end) < 0) {
      MemoryRegion region = regionOf(at);
      BigInteger offset = at.subtract(begin(region));
      BigInteger take = end.min(begin(region).add(size(region))).subtract(at);
      found.add(
          new Part(
              region.segment().address() + offset.longValueExact(), take.longValueExact(), write));
      at = at.add(take);
    }
    return found;
  }

  private MemoryRegion regionOf(BigInteger address) throws Broken {
    for (MemoryRegion region : memory.regions()) {
      BigInteger offset = address.subtract(begin(region));
      if (offset.signum() >= 0 && offset.compareTo(size(region)) < 0) {
        return region;
      }
    }
    throw new Broken(QueueFault.BAD_ADDRESS);
  }

  private static BigInteger begin(MemoryRegion region) {
    return unsigned(region.guestAddress());
  }

  private static BigInteger size(MemoryRegion region) {
    return BigInteger.valueOf(region.size());
  }

  private static byte[] bytes(List<Part> parts) {
    int length = parts.stream().mapToInt(part -> (int) part.length()).sum();
    byte[] bytes = new byte[length];
    int at = 0;
    for (Part part : parts) {
      MemorySegment.copy(
          MemorySegment.ofAddress(part.address()).reinterpret(part.length()),
          0,
          MemorySegment.ofArray(bytes),
          at,
          part.length());
      at += (int) part.length();
    }
    return bytes;
  }

  private static Descriptor descriptor(MemorySegment entry) {
    return new Descriptor(
        unsigned(entry.get(JAVA_LONG_UNALIGNED, 0)),
        BigInteger.valueOf(entry.get(JAVA_INT_UNALIGNED, 8) & 0xffff_ffffL),
        entry.get(JAVA_SHORT_UNALIGNED, 12),
        entry.get(JAVA_SHORT_UNALIGNED, 14) & 0xffff);
  }

  private static Descriptor packed(MemorySegment entry) {
    return new Descriptor(
        unsigned(entry.get(JAVA_LONG_UNALIGNED, 0)),
        BigInteger.valueOf(entry.get(JAVA_INT_UNALIGNED, 8) & 0xffff_ffffL),
        entry.get(JAVA_SHORT_UNALIGNED, 14),
        entry.get(JAVA_SHORT_UNALIGNED, 12) & 0xffff);
  }

  private static BigInteger unsigned(long value) {
    return BigInteger.valueOf(value).mod(ADDRESSES);
  }

  private static void require(boolean holds, QueueFault otherwise) throws Broken {
    if (!holds) {
      throw new Broken(otherwise);
    }
  }
}
