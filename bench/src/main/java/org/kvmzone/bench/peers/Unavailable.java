package org.kvmzone.bench.peers;

import java.io.IOException;

/** Something cannot be measured on this machine, which is nobody's mistake. */
final class Unavailable extends IOException {
  private static final long serialVersionUID = 1;

  Unavailable(String message) {
    super(message);
  }
}
