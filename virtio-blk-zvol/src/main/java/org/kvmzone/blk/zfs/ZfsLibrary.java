package org.kvmzone.blk.zfs;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * A shared library of OpenZFS, whose functions take up to eight integers or addresses and return
 * one, or nothing.
 *
 * <p>All have one descriptor: linking one costs milliseconds, linking another function by it next
 * to nothing. The calling conventions of x86-64 and AArch64 allow it: each parameter has a register
 * or eight bytes of the stack to itself, whose upper half is not looked at if it is an {@code int},
 * an {@code enum} or a {@code boolean_t}; more than the function has parameters do not matter. Of
 * an {@code int} result the upper half means nothing.
 */
final class ZfsLibrary {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final FunctionDescriptor EIGHT =
      FunctionDescriptor.of(
          JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
          JAVA_LONG);

  private final SymbolLookup symbols;

  private ZfsLibrary(SymbolLookup symbols) {
    this.symbols = symbols;
  }

  /**
   * Loads a library, for as long as this process lives.
   *
   * @throws ZfsException if the dynamic linker does not find it
   */
  static ZfsLibrary load(String name) {
    try {
      return new ZfsLibrary(SymbolLookup.libraryLookup(name, Arena.global()));
    } catch (IllegalArgumentException absent) {
      throw new ZfsException(
          ZfsException.Kind.MISSING,
          "" + ZfsException.missing(name + " is not on this machine").getMessage(),
          absent);
    }
  }

  /** A function that the library has. */
  Function function(String name) {
    return new Function(LINKER.downcallHandle(symbols.findOrThrow(name), EIGHT));
  }

  /**
   * A function; addresses are those of memory that the caller keeps until it returns.
   *
   * @param handle a record's field, which the JIT trusts to be as constant as the binding
   */
  record Function(MethodHandle handle) {
    /** What it returns, an {@code int}, an {@code enum} or a {@code boolean_t}. */
    int callInt(long... arguments) {
      return (int) call(arguments);
    }

    /** What it returns: 64 bits. */
    long call(long... arguments) {
      long[] all = new long[8];
      System.arraycopy(arguments, 0, all, 0, arguments.length);
      try {
        return (long)
            handle.invokeExact(all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7]);
      } catch (Error | RuntimeException thrown) {
        throw thrown;
      } catch (Throwable thrown) {
        throw new AssertionError("a downcall throws nothing checked", thrown);
      }
    }
  }

  /** A C string that a function has returned, copied. */
  static String text(long address) {
    return MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE).getString(0);
  }
}
