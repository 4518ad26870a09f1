package org.kvmzone.bridge.vhostuser;

/** One message cannot be acted upon; the connection can go on if the front end learns of it. */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1;
  private final String what;

  RefusedException(String what) {
    super(what);
    this.what = what;
  }

  /** What is wrong, as a clause. */
  String what() {
    return what;
  }
}
