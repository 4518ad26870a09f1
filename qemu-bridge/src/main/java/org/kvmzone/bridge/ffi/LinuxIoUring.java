package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/**
 * {@code <linux/io_uring.h>}: input and output that is asked for in a ring of memory and answered
 * in another. The C library has no functions for it: these are system calls.
 */
public final class LinuxIoUring {
  public static final int IORING_OP_READV = 1;
  public static final int IORING_OP_WRITEV = 2;
  public static final int IORING_OP_READ = 22;
  public static final int IORING_OP_WRITE = 23;

  public static final int IORING_SETUP_CQSIZE = 1 << 3;
  public static final int IORING_SETUP_R_DISABLED = 1 << 6;
  public static final int IORING_SETUP_TASKRUN_FLAG = 1 << 9;
  public static final int IORING_SETUP_SINGLE_ISSUER = 1 << 12;
  public static final int IORING_SETUP_DEFER_TASKRUN = 1 << 13;

  public static final int IORING_FEAT_SINGLE_MMAP = 1;
  public static final int IORING_FEAT_NODROP = 1 << 1;
  public static final int IORING_FEAT_SUBMIT_STABLE = 1 << 2;

  public static final long IORING_OFF_SQ_RING = 0;
  public static final long IORING_OFF_SQES = 0x10000000;

  public static final int IORING_SQ_CQ_OVERFLOW = 1 << 1;
  public static final int IORING_SQ_TASKRUN = 1 << 2;
  public static final int IORING_CQ_EVENTFD_DISABLED = 1;

  public static final int IORING_ENTER_GETEVENTS = 1;

  public static final int IORING_REGISTER_EVENTFD = 4;
  public static final int IORING_REGISTER_ENABLE_RINGS = 12;

  public static final long SYS_io_uring_setup = 425;
  public static final long SYS_io_uring_enter = 426;
  public static final long SYS_io_uring_register = 427;

  private static final CFunction SYSCALL = CFunction.named("syscall");

  private LinuxIoUring() {}

  /**
   * Makes a ring; {@code params} are {@link IoUringParams}.
   *
   * {@snippet lang=c :
   * int io_uring_setup(u32 entries, struct io_uring_params *p);
   * }
   *
   * @return its descriptor, or {@code -errno}
   */
  public static int setup(int entries, MemorySegment params) {
    return SYSCALL.call(SYS_io_uring_setup, entries, params.address());
  }

  /**
   * Has the kernel take entries of the ring, and waits for completions if told to. There is no
   * signal mask; so its size, for which a {@link CFunction} has no room, is not looked at.
   *
   * {@snippet lang=c :
   * int io_uring_enter(unsigned int fd, unsigned int to_submit, unsigned int min_complete,
   *                    unsigned int flags, const void *argp, size_t argsz);
   * }
   *
   * @return how many entries were taken, or {@code -errno}
   */
  public static int enter(int fd, int toSubmit, int minComplete, int flags) {
    return (int)
        SYSCALL.callLong(
            SYS_io_uring_enter, fd, toSubmit, minComplete, flags, MemorySegment.NULL.address());
  }

  /**
   * Tells a ring of files, descriptors and the like.
   *
   * {@snippet lang=c :
   * int io_uring_register(unsigned int fd, unsigned int opcode, void *arg, unsigned int nr_args);
   * }
   *
   * @return what the system call returns, or {@code -errno}
   */
  public static int register(int fd, int opcode, MemorySegment argument, int count) {
    return SYSCALL.call(SYS_io_uring_register, fd, opcode, argument.address(), count);
  }
}
