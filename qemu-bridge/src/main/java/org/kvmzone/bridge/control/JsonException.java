package org.kvmzone.bridge.control;

/** A text that is not JSON; the message is one line that says where and why. */
public final class JsonException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  JsonException(String message) {
    super(message);
  }
}
