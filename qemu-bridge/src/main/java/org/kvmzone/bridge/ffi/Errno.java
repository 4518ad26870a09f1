package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/** {@code <errno.h>}: error numbers (Linux) and what they mean in words. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EFAULT = 14;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int ENODEV = 19;
  public static final int EINVAL = 22;
  public static final int ENOTTY = 25;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int EPIPE = 32;
  public static final int ERANGE = 34;
  public static final int ENOSYS = 38;
  public static final int EBADFD = 77;
  public static final int ENOTSOCK = 88;
  public static final int EOPNOTSUPP = 95;
  public static final int EAFNOSUPPORT = 97;
  public static final int EADDRINUSE = 98;
  public static final int ENOBUFS = 105;
  public static final int ENOTCONN = 107;
  public static final int ECONNREFUSED = 111;

  private static final StructLayout STATE_LAYOUT = Linker.Option.captureStateLayout();
  private static final long ERRNO_OFFSET = 0; // of the only member; looked up, it takes 5 ms
  // Of the thread, not of the call: a segment per call would be an allocation on the data path.
  private static final ThreadLocal<MemorySegment> STATE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE_LAYOUT));
  private static final CFunction STRERROR = CFunction.named("strerror");

  private Errno() {}

  /** Where the calling thread's calls leave their errors. */
  static MemorySegment state() {
    return STATE.get();
  }

  /** The error of the call that was made with this state last. */
  static int of(MemorySegment state) {
    return state.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
  }

  /**
   * {@code result} if it is no error.
   *
   * @param what what was tried, to what, in words: {@code "open /dev/net/tun"}
   * @throws NativeException if {@code result} is {@code -errno}
   */
  public static int check(int result, String what) {
    if (result < 0) {
      throw new NativeException(-result, what);
    }
    return result;
  }

  /** As {@link #check(int, String)}. */
  public static long check(long result, String what) {
    if (result < 0) {
      throw new NativeException((int) -result, what);
    }
    return result;
  }

  /** What {@code errno} means, in the C library's words. */
  public static String message(int errno) {
    // strerror(3)'s buffer is the thread's own in glibc; the text is copied at once.
    return MemorySegment.ofAddress(STRERROR.callLong(errno)).reinterpret(256).getString(0);
  }
}
