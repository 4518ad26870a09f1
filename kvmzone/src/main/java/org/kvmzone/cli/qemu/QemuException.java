package org.kvmzone.cli.qemu;

/** QEMU, or what it needs, is not usable on this machine; the message is one line with the cure. */
public final class QemuException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** {@code message} is shown to the operator as it is. */
  public QemuException(String message) {
    super(message);
  }

  /** {@code cause} is shown with {@code --debug} only. */
  public QemuException(String message, Throwable cause) {
    super(message, cause);
  }
}
