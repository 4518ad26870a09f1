package org.kvmzone.bridge.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.kvmzone.bridge.ffi.NativeException;

/**
 * The bitmap of guest pages that were written, which a front end shares while it copies a running
 * guest to another machine (vhost-user, "Migration"): bit n is for the 4 KiB from guest address
 * 4096·n on. The front end takes bits out while any number of our threads put them in.
 */
public final class DirtyLog implements AutoCloseable {
  private static final int PAGE_SHIFT = 12;
  private static final int WORD_SHIFT = 6;
  private static final VarHandle WORD = JAVA_LONG.varHandle();

  private final Mapping mapping;
  private final MemorySegment words;

  private DirtyLog(Mapping mapping) {
    this.mapping = mapping;
    this.words = mapping.segment();
  }

  /**
   * Maps the log in {@code fd}, which stays the caller's.
   *
   * @param size bytes, a multiple of 8
   * @param offset where it begins in the file, a multiple of 8
   * @throws IllegalArgumentException if it cannot be where it is said to be
   * @throws NativeException if the kernel refuses
   */
  public static DirtyLog map(int fd, long offset, long size) {
    if (size % Long.BYTES != 0 || offset % Long.BYTES != 0) {
      throw new IllegalArgumentException("dirty log of " + size + " bytes at " + offset);
    }
    return new DirtyLog(Mapping.of(fd, offset, size, "dirty log"));
  }

  /** Whether it has a bit for every page of a region. */
  public boolean covers(MemoryRegion.Description region) {
    long last = region.guestAddress() + region.size() - 1;
    return (last >>> PAGE_SHIFT) >>> WORD_SHIFT < words.byteSize() / Long.BYTES;
  }

  /**
   * Notes that memory was written: call it after that, or the front end may copy the page in
   * between and never again.
   *
   * @param memory the table that the memory belongs to, which this log {@linkplain #covers covers}
   * @param address where this process sees it
   * @param length bytes; 0 is nothing
   */
  public void mark(GuestMemory memory, long address, long length) {
    if (length == 0) {
      return;
    }
    // What was written is out before its page is said to be dirty.
    VarHandle.releaseFence();
    long at = address;
    long left = length;
    while (left > 0) {
      MemoryRegion region = memory.regionAt(at);
      if (region == null) {
        return; // memory that the front end has taken back is not copied either
      }
      long offset = at - region.segment().address();
      long take = Math.min(left, region.size() - offset);
      markPages(region.guestAddress() + offset, take);
      at += take;
      left -= take;
    }
  }

  /** Marks what was, or may have been, written of each piece. */
  public void mark(GuestMemory memory, Buffers written) {
    for (int i = 0; i < written.count(); i++) {
      mark(memory, written.address(i), written.length(i));
    }
  }

  private void markPages(long guestAddress, long length) {
    long last = (guestAddress + length - 1) >>> PAGE_SHIFT;
    for (long page = guestAddress >>> PAGE_SHIFT; page <= last; page++) {
      long offset = (page >>> WORD_SHIFT) * Long.BYTES;
      long bit = 1L << (page & 63);
      long ignored = (long) WORD.getAndBitwiseOr(words, offset, bit);
    }
  }

  @Override
  public void close() {
    mapping.close();
  }
}
