package org.kvmzone.bridge.vhostuser;

/** The connection is broken: what arrived is no vhost-user, or cannot be answered within it. */
final class ProtocolException extends Exception {
  private static final long serialVersionUID = 1;
  private final String what;

  ProtocolException(String what) {
    super(what);
    this.what = what;
  }

  /** What is wrong, as a clause. */
  String what() {
    return what;
  }
}
