package org.kvmzone.bridge.control;

/** A request that cannot be followed. The message is one line for whoever asked. */
public final class ControlException extends Exception {
  private static final long serialVersionUID = 1;

  private final String line;

  /** With what is wrong, in one line. */
  public ControlException(String line) {
    super(line);
    this.line = line;
  }

  /** What is wrong. */
  public String line() {
    return line;
  }
}
