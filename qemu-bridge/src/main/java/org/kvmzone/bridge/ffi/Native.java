package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** The linker, and the two kinds of handles that the bindings are made of. */
final class Native {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBRARY = LINKER.defaultLookup();

  private Native() {}

  /**
   * A handle on a function that reports failure through errno: its first parameter is the state.
   */
  static MethodHandle capturing(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LIBRARY.findOrThrow(name), descriptor, Linker.Option.captureCallState("errno"));
  }

  /** The same for a variadic function whose parameters from {@code firstVariadic} on vary. */
  static MethodHandle capturing(String name, int firstVariadic, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LIBRARY.findOrThrow(name),
        descriptor,
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(firstVariadic));
  }

  /** A handle on a function that cannot fail. */
  static MethodHandle plain(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LIBRARY.findOrThrow(name), descriptor);
  }

  /**
   * A downcall handle throws nothing checked; what it throws all the same is passed on as it is.
   */
  static RuntimeException unexpected(Throwable thrown) {
    switch (thrown) {
      case Error error -> throw error;
      case RuntimeException exception -> throw exception;
      default -> throw new AssertionError(thrown);
    }
  }
}
