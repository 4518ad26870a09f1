package org.kvmzone.bridge.probe;

/** A watch expression that cannot be followed; the message is one line for whoever wrote it. */
public final class WatchException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  WatchException(String message) {
    super(message);
  }
}
