package org.kvmzone.net;

import static org.junit.jupiter.api.Assumptions.abort;

import java.util.function.Supplier;

/** What takes AF_XDP multi-buffer, for tests. */
final class MultiBuffer {
  private MultiBuffer() {}

  /** Opens it; skips the test where the kernel has none. */
  static <T> T orSkip(Supplier<T> opener) {
    try {
      return opener.get();
    } catch (IllegalArgumentException refused) {
      if (String.valueOf(refused.getMessage()).contains("which this kernel has not got")) {
        abort("this kernel has no AF_XDP multi-buffer: not tested");
      }
      throw refused;
    }
  }
}
