package org.kvmzone.bridge.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * An io_uring: entries are {@linkplain #push pushed}, handed to the kernel by {@link #enter}, and
 * their completions looked at one after the other. Nothing here allocates but {@link #open}.
 *
 * <p>One thread uses it, from {@link #enable} on: the kernel then does not have to interrupt that
 * thread for what completes, but does it when the thread enters (SINGLE_ISSUER and DEFER_TASKRUN,
 * Linux 6.1). Where the kernel does not know that yet, it is an ordinary ring.
 */
public final class IoUring implements AutoCloseable {
  /** What the fastest ring is made of; see the class. */
  private static final int DEFERRED =
      LinuxIoUring.IORING_SETUP_R_DISABLED
          | LinuxIoUring.IORING_SETUP_SINGLE_ISSUER
          | LinuxIoUring.IORING_SETUP_DEFER_TASKRUN
          | LinuxIoUring.IORING_SETUP_TASKRUN_FLAG;

  /** Features without which this does not work, all of Linux 5.5. */
  private static final int NEEDED =
      LinuxIoUring.IORING_FEAT_SINGLE_MMAP
          | LinuxIoUring.IORING_FEAT_NODROP
          | LinuxIoUring.IORING_FEAT_SUBMIT_STABLE;

  private static final VarHandle INT = JAVA_INT.varHandle();

  private final Arena arena = Arena.ofShared();
  private final Fd fd;
  private final int entries;
  private final int flags;
  private final MemorySegment rings;
  private final MemorySegment sqes;
  private final long sqHead;
  private final long sqTail;
  private final long sqFlags;
  private final long cqHead;
  private final long cqTail;
  private final long cqFlags;
  private final long cqes;
  private final int completions;
  private int tail; // of what was pushed
  private int head; // of what was looked at

  /**
   * A ring that nothing can be pushed to before {@link #enable}.
   *
   * @param entries how many can be pushed before the kernel has to take them, a power of two
   * @param completions how many the kernel can leave before it has to keep them elsewhere
   * @param event an eventfd that is signalled when there are completions
   * @throws NativeException if the kernel has none for us: ENOSYS or EPERM if it is switched off
   */
  public static IoUring open(int entries, int completions, int event) {
    try {
      return new IoUring(DEFERRED, entries, completions, event);
    } catch (NativeException e) {
      if (e.errno() != Errno.EINVAL) {
        throw e;
      }
      return new IoUring(0, entries, completions, event);
    }
  }

  /** A ring with these flags of io_uring_setup(2). */
  IoUring(int flags, int entries, int completions, int event) {
    this.flags = flags;
    MemorySegment params = arena.allocate(IoUringParams.SIZE, 8);
    params.set(JAVA_INT, IoUringParams.flags$OFFSET, flags | LinuxIoUring.IORING_SETUP_CQSIZE);
    params.set(JAVA_INT, IoUringParams.cq_entries$OFFSET, completions);
    fd = new Fd(Errno.check(LinuxIoUring.setup(entries, params), "io_uring_setup"));
    try {
      // Where a kernel has no flags of completions, their offset is 0: there others begin.
      if ((params.get(JAVA_INT, IoUringParams.features$OFFSET) & NEEDED) != NEEDED
          || offset(params, IoUringParams.cq_off$OFFSET + IoCqringOffsets.flags$OFFSET) == 0) {
        throw new NativeException(Errno.ENOSYS, "io_uring_setup of Linux 5.8");
      }
      this.entries = params.get(JAVA_INT, IoUringParams.sq_entries$OFFSET);
      this.completions = params.get(JAVA_INT, IoUringParams.cq_entries$OFFSET);
      sqHead = offset(params, IoUringParams.sq_off$OFFSET + IoSqringOffsets.head$OFFSET);
      sqTail = offset(params, IoUringParams.sq_off$OFFSET + IoSqringOffsets.tail$OFFSET);
      sqFlags = offset(params, IoUringParams.sq_off$OFFSET + IoSqringOffsets.flags$OFFSET);
      cqHead = offset(params, IoUringParams.cq_off$OFFSET + IoCqringOffsets.head$OFFSET);
      cqTail = offset(params, IoUringParams.cq_off$OFFSET + IoCqringOffsets.tail$OFFSET);
      cqFlags = offset(params, IoUringParams.cq_off$OFFSET + IoCqringOffsets.flags$OFFSET);
      cqes = offset(params, IoUringParams.cq_off$OFFSET + IoCqringOffsets.cqes$OFFSET);
      long array = offset(params, IoUringParams.sq_off$OFFSET + IoSqringOffsets.array$OFFSET);
      // One mapping holds both rings, whichever ends later.
      long end = Math.max(array + 4L * this.entries, cqes + IoUringCqe.SIZE * this.completions);
      rings = map(end, LinuxIoUring.IORING_OFF_SQ_RING);
      sqes = map(IoUringSqe.SIZE * this.entries, LinuxIoUring.IORING_OFF_SQES);
      for (int i = 0; i < this.entries; i++) {
        rings.set(JAVA_INT, array + 4L * i, i); // entry i is always in slot i
      }
      Errno.check(
          LinuxIoUring.register(
              fd.number(),
              LinuxIoUring.IORING_REGISTER_EVENTFD,
              arena.allocateFrom(JAVA_INT, event),
              1),
          "io_uring_register of an eventfd");
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static long offset(MemorySegment params, long at) {
    return Integer.toUnsignedLong(params.get(JAVA_INT, at));
  }

  private MemorySegment map(long length, long offset) {
    int protection = SysMman.PROT_READ | SysMman.PROT_WRITE;
    long address =
        Errno.check(
            SysMman.mmap(0, length, protection, SysMman.MAP_SHARED, fd.number(), offset),
            "mmap of an io_uring");
    return MemorySegment.ofAddress(address)
        .reinterpret(
            length,
            arena,
            gone -> {
              int ignored = SysMman.munmap(gone.address(), length);
            });
  }

  /**
   * Makes the calling thread the one that uses this.
   *
   * @throws NativeException if it is another's already
   */
  public void enable() {
    if ((flags & LinuxIoUring.IORING_SETUP_R_DISABLED) != 0) {
      Errno.check(
          LinuxIoUring.register(
              fd.number(), LinuxIoUring.IORING_REGISTER_ENABLE_RINGS, MemorySegment.NULL, 0),
          "io_uring_register of a thread");
    }
  }

  /**
   * Adds an entry.
   *
   * @param opcode READ and WRITE, or READV and WRITEV, of {@link LinuxIoUring}
   * @param file a descriptor, that the kernel looks at in {@link #enter}
   * @param offset in the file, in bytes
   * @param address of the memory, or of its iovecs, which are copied by {@link #enter}
   * @param length bytes, or the number of iovecs
   * @param data comes back with the completion
   * @return false if there is no room: enter first
   */
  public boolean push(int opcode, int file, long offset, long address, int length, long data) {
    if (unsent() == entries) {
      return false;
    }
    long at = (tail & (entries - 1)) * IoUringSqe.SIZE;
    // Whatever else is in an entry has been 0 since the ring was made.
    sqes.set(JAVA_BYTE, at + IoUringSqe.opcode$OFFSET, (byte) opcode);
    sqes.set(JAVA_INT, at + IoUringSqe.fd$OFFSET, file);
    sqes.set(JAVA_LONG, at + IoUringSqe.off$OFFSET, offset);
    sqes.set(JAVA_LONG, at + IoUringSqe.addr$OFFSET, address);
    sqes.set(JAVA_INT, at + IoUringSqe.len$OFFSET, length);
    sqes.set(JAVA_LONG, at + IoUringSqe.user_data$OFFSET, data);
    tail++;
    INT.setRelease(rings, sqTail, tail); // the entry is complete before it is to be seen
    return true;
  }

  /** How many entries the kernel has not taken. */
  public int unsent() {
    return tail - (int) INT.getAcquire(rings, sqHead);
  }

  /**
   * Has the kernel take what was pushed, and leave what has completed. Meanwhile the eventfd is not
   * signalled: look at {@link #isPending} afterwards.
   *
   * @return how many it took, or {@code -errno}; EAGAIN, EBUSY and EINTR mean: later
   */
  public int enter() {
    INT.setOpaque(rings, cqFlags, LinuxIoUring.IORING_CQ_EVENTFD_DISABLED);
    int taken = LinuxIoUring.enter(fd.number(), unsent(), 0, LinuxIoUring.IORING_ENTER_GETEVENTS);
    INT.setVolatile(rings, cqFlags, 0); // before isPending looks
    return taken;
  }

  /**
   * Takes back the newest entry that the kernel did not take.
   *
   * @return its data; only if something is {@link #unsent}
   */
  public long withdraw() {
    tail--;
    INT.setRelease(rings, sqTail, tail);
    return sqes.get(
        JAVA_LONG, (tail & (entries - 1)) * IoUringSqe.SIZE + IoUringSqe.user_data$OFFSET);
  }

  /** Whether there is a completion, or the kernel wants to be entered to leave one. */
  public boolean isPending() {
    return isComplete() || wantsEnter();
  }

  /** Whether the kernel wants to be entered, to leave completions. */
  public boolean wantsEnter() {
    int wants = LinuxIoUring.IORING_SQ_TASKRUN | LinuxIoUring.IORING_SQ_CQ_OVERFLOW;
    return ((int) INT.getAcquire(rings, sqFlags) & wants) != 0;
  }

  /** Whether there is a completion to look at. */
  public boolean isComplete() {
    return head != (int) INT.getAcquire(rings, cqTail);
  }

  /** What the completion's entry was pushed with. */
  public long data() {
    return rings.get(JAVA_LONG, completion() + IoUringCqe.user_data$OFFSET);
  }

  /** How the completion went: bytes, or {@code -errno}. */
  public int result() {
    return rings.get(JAVA_INT, completion() + IoUringCqe.res$OFFSET);
  }

  /** Goes on to the next completion. */
  public void advance() {
    head++;
    INT.setRelease(rings, cqHead, head); // it was read before the kernel may write over it
  }

  private long completion() {
    return cqes + (head & (completions - 1)) * IoUringCqe.SIZE;
  }

  /** Gives up the ring; what the kernel has taken goes on to its end. */
  @Override
  public void close() {
    fd.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
