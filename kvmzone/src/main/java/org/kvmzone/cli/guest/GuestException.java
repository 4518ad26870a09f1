package org.kvmzone.cli.guest;

/** A description of a guest that cannot be followed; the message is one line with the cure. */
public final class GuestException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** {@code message} is shown to the operator as it is. */
  public GuestException(String message) {
    super(message);
  }

  /** {@code cause} is shown with {@code --debug} only. */
  public GuestException(String message, Throwable cause) {
    super(message, cause);
  }
}
