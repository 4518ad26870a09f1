package org.kvmzone.bridge.device;

/** A SPEC that cannot be followed; the message is one line that names the property and the cure. */
public final class SpecException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** {@code message} is shown to the operator as it is. */
  public SpecException(String message) {
    super(message);
  }

  /** {@code cause} is shown with {@code --debug} only. */
  public SpecException(String message, Throwable cause) {
    super(message, cause);
  }
}
