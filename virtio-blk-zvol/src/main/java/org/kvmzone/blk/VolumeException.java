package org.kvmzone.blk;

import org.kvmzone.bridge.ffi.NativeException;

/** A volume that cannot be opened; the message is a clause that names it and says what to do. */
public final class VolumeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** {@code message} is shown to the operator. */
  public VolumeException(String message) {
    super(message);
  }

  /** What the operating system said, which names the file. */
  public VolumeException(NativeException cause) {
    super(cause.getMessage(), cause);
  }

  /** {@code cause} is what the operating system said. */
  public VolumeException(String message, Throwable cause) {
    super(message, cause);
  }
}
