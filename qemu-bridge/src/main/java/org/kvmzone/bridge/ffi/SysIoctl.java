package org.kvmzone.bridge.ffi;

/** {@code <sys/ioctl.h>}: device control. */
public final class SysIoctl {
  private static final CFunction IOCTL = CFunction.named("ioctl");

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
    return IOCTL.call(fd, request, argument);
  }
}
