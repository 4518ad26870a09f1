package org.kvmzone.bridge.ffi;

/** A system call failed on the control path; the message is one line for the operator. */
public final class NativeException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final int errno;

  /** {@code what} failed with {@code errno} (positive). */
  public NativeException(int errno, String what) {
    super(what + ": " + Errno.message(errno));
    this.errno = errno;
  }

  /** The error number, positive: one of {@link Errno}'s. */
  public int errno() {
    return errno;
  }
}
