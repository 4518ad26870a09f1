package org.kvmzone.blk;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.memory.Buffers;

/**
 * One operation on a {@link Zvol}. The object is the submitter's, made once and used again and
 * again so that operations allocate nothing: set with {@link #read}, {@link #write}, … and
 * submitted; then it is the volume's until it {@linkplain #complete completes}.
 */
public abstract class ZvolRequest {
  private static final Buffers NOTHING = new Buffers();

  private Op op = Op.FLUSH;
  private long offset;
  private long length;
  private boolean mayUnmap;
  private Buffers data = NOTHING;

  /** The next one in a {@link Handover}: whoever has the request at the moment may hand it over. */
  @Nullable ZvolRequest next;

  /** An operation, to be set before it is submitted. */
  protected ZvolRequest() {}

  /** What can be done with a volume. */
  public enum Op {
    /** Fills memory from a range. */
    READ,
    /** Fills a range from memory. */
    WRITE,
    /** Makes durable what is complete. */
    FLUSH,
    /**
     * Says that a range is no longer needed: advice, so a volume that cannot use it completes with
     * 0. What is read from the range afterwards is undefined until it is written.
     */
    DISCARD,
    /** Makes a range read as zeroes; with {@link #mayUnmap} its space may be given up. */
    WRITE_ZEROES;

    private final String word = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** As operators read it: {@code read}, {@code write-zeroes}. */
    public String word() {
      return word;
    }
  }

  /** Makes this a read of {@code into.bytes()} bytes at {@code offset}. */
  public final void read(long offset, Buffers into) {
    set(Op.READ, offset, into.bytes(), into, false);
  }

  /** Makes this a write of {@code from.bytes()} bytes at {@code offset}. */
  public final void write(long offset, Buffers from) {
    set(Op.WRITE, offset, from.bytes(), from, false);
  }

  /** Makes this a flush. */
  public final void flush() {
    set(Op.FLUSH, 0, 0, NOTHING, false);
  }

  /** Makes this a discard of {@code length} bytes at {@code offset}. */
  public final void discard(long offset, long length) {
    set(Op.DISCARD, offset, length, NOTHING, false);
  }

  /** Makes this a writing of zeroes to {@code length} bytes at {@code offset}. */
  public final void writeZeroes(long offset, long length, boolean mayUnmap) {
    set(Op.WRITE_ZEROES, offset, length, NOTHING, mayUnmap);
  }

  private void set(Op op, long offset, long length, Buffers data, boolean mayUnmap) {
    this.op = op;
    this.offset = offset;
    this.length = length;
    this.data = data;
    this.mayUnmap = mayUnmap;
  }

  /**
   * What is wrong with this as an operation on a volume: EINVAL or EROFS as {@link Zvol} says; 0 if
   * nothing is.
   */
  final int fault(Zvol zvol) {
    if (op == Op.FLUSH) {
      return 0;
    }
    long unaligned = (offset | length) & (zvol.blockSizes().logical() - 1);
    if (unaligned != 0 || length <= 0 || offset < 0 || offset > zvol.size() - length) {
      return Errno.EINVAL;
    }
    return zvol.readOnly() && op != Op.READ ? Errno.EROFS : 0;
  }

  /** What is to be done. */
  public final Op op() {
    return op;
  }

  /** Where the range begins, in bytes; 0 for a flush. */
  public final long offset() {
    return offset;
  }

  /** Bytes of the range; 0 for a flush. */
  public final long length() {
    return length;
  }

  /** The memory of a read or write, {@link #length} bytes in all; empty for the others. */
  public final Buffers data() {
    return data;
  }

  /** Whether a range of zeroes need not keep its space. */
  public final boolean mayUnmap() {
    return mayUnmap;
  }

  /**
   * Called by the volume, on any thread, once for each time this was submitted. Does not block, and
   * does not throw. The request is the submitter's again, who may already be submitting it anew
   * before this returns.
   *
   * @param errno 0, or a number of {@link org.kvmzone.bridge.ffi.Errno}
   */
  public abstract void complete(int errno);
}
