package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;

/** {@code <dlfcn.h>}: what the program exports that this JVM is in. */
final class Dlfcn {
  /** The program, and all that it is linked to. */
  static final long RTLD_DEFAULT = 0;

  private static final CFunction DLSYM = CFunction.named("dlsym");

  private Dlfcn() {}

  /**
   * Where a function or a variable of a name is.
   *
   * {@snippet lang=c :
   * void *dlsym(void *handle, const char *symbol);
   * }
   *
   * @return its address, or 0 if there is none
   */
  static long dlsym(long handle, String symbol) {
    try (Arena arena = Arena.ofConfined()) {
      return DLSYM.callLong(handle, arena.allocateFrom(symbol).address(), 0);
    }
  }
}
