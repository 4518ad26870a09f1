package org.kvmzone.blk.zfs;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;

/** Which of OpenZFS's libraries this machine has. */
final class Libraries {
  private Libraries() {}

  static boolean isPresent(String library) {
    try (Arena arena = Arena.ofConfined()) {
      return SymbolLookup.libraryLookup(library, arena).find("nvpair_name").isPresent()
          || library.startsWith("libzfs_core");
    } catch (IllegalArgumentException absent) {
      return false;
    }
  }

  /** Skips the test that calls, by name, on a machine without libnvpair. */
  static void assumeNvpair() {
    assumeTrue(
        isPresent("libnvpair.so.3"),
        "there is no libnvpair.so.3 (Debian: libnvpair3linux, in contrib; LD_LIBRARY_PATH is"
            + " seen)");
  }
}
