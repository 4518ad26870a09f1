package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <sys/vfs.h>}: what kind of file system a file is on. */
public final class SysVfs {
  public static final long HUGETLBFS_MAGIC = 0x958458f6L;

  private static final MethodHandle FSTATFS =
      Native.capturing(
          "fstatfs",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

  private SysVfs() {}

  /**
   * Fills a {@link Statfs}.
   *
   * {@snippet lang=c :
   * int fstatfs(int fd, struct statfs *buf);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int fstatfs(int fd, MemorySegment statfs) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) FSTATFS.invokeExact(state, fd, statfs), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
