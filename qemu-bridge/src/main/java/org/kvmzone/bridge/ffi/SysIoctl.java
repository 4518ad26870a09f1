package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <sys/ioctl.h>}: device control. */
public final class SysIoctl {
  private static final MethodHandle IOCTL =
      Native.capturing(
          "ioctl",
          2,
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG));

  private SysIoctl() {}

  /**
   * Any request whose argument is a pointer or a number.
   *
   * {@snippet lang=c :
   * int ioctl(int fd, unsigned long op, ...);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int ioctl(int fd, long request, long argument) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) IOCTL.invokeExact(state, fd, request, argument), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
