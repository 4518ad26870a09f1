package org.kvmzone.bridge.memory;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.kvmzone.bridge.ffi.NativeException;

/**
 * A mapped run of guest memory: where the guest sees it, where the front end sees it, and the
 * segment through which this process sees it.
 */
public final class MemoryRegion implements AutoCloseable {
  private final Description description;
  private final Mapping mapping;
  private final MemorySegment segment;

  /**
   * A region as the front end announces it (all in bytes, all unsigned).
   *
   * @param guestAddress where it begins for the guest
   * @param size its length
   * @param userAddress where it begins in the front end's own memory
   * @param fileOffset where it begins in the file that came with it
   */
  public record Description(long guestAddress, long size, long userAddress, long fileOffset) {
    /** What is wrong with these numbers, whatever the file is. */
    public Optional<String> fault() {
      if (size <= 0) {
        return Optional.of("size " + Long.toUnsignedString(size));
      }
      if (fileOffset < 0 || fileOffset + size < 0) {
        return Optional.of("file offset 0x" + Long.toHexString(fileOffset) + " and size overflow");
      }
      if (wraps(guestAddress) || wraps(userAddress)) {
        return Optional.of("an address range that wraps around");
      }
      return Optional.empty();
    }

    private boolean wraps(long address) {
      return Long.compareUnsigned(address + size, address) < 0 && address + size != 0;
    }

    /** Whether two regions share an address of the guest's or of the front end's. */
    public boolean overlaps(Description other) {
      return overlap(guestAddress, size, other.guestAddress, other.size)
          || overlap(userAddress, size, other.userAddress, other.size);
    }

    private static boolean overlap(long a, long sizeA, long b, long sizeB) {
      return Long.compareUnsigned(b - a, sizeA) < 0 || Long.compareUnsigned(a - b, sizeB) < 0;
    }
  }

  private MemoryRegion(Description description, Mapping mapping) {
    this.description = description;
    this.mapping = mapping;
    this.segment = mapping.segment();
  }

  /**
   * Maps a region from {@code fd}, which stays the caller's.
   *
   * @throws IllegalArgumentException if the description is faulty, or the file too short for it:
   *     touching what a file lacks is a SIGBUS
   * @throws NativeException if the kernel refuses the mapping
   */
  public static MemoryRegion map(Description description, int fd) {
    description
        .fault()
        .ifPresent(fault -> {
          throw new IllegalArgumentException("memory region with " + fault);
        });
    return new MemoryRegion(
        description, Mapping.of(fd, description.fileOffset, description.size, "memory region"));
  }

  /** What the front end said. */
  public Description description() {
    return description;
  }

  /** The first guest-physical address. */
  public long guestAddress() {
    return description.guestAddress;
  }

  /** Bytes. */
  public long size() {
    return description.size;
  }

  /** The region's memory: byte 0 is {@link #guestAddress}. */
  public MemorySegment segment() {
    return segment;
  }

  /** Whether the guest address lies in this region. */
  public boolean contains(long guestAddress) {
    return Long.compareUnsigned(guestAddress - description.guestAddress, description.size) < 0;
  }

  /** Unmaps; whoever still holds the segment gets an {@code IllegalStateException} from it. */
  @Override
  public void close() {
    mapping.close();
  }
}
