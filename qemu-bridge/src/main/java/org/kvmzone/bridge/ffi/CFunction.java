package org.kvmzone.bridge.ffi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * A function of the C library that takes up to six integers or addresses and returns one, as system
 * calls do; that it failed is told by -1 and {@code errno}.
 *
 * <p>All have one descriptor, since linking one costs 7 to 20 ms of start-up, and linking another
 * function by it next to nothing. The calling conventions of x86-64 and AArch64 allow it: each of
 * these parameters has a register of its own, whose upper half is not looked at if the parameter is
 * an {@code int}; a register more than the function has parameters does not matter; and variable
 * arguments are passed like others. Of an {@code int} result the upper half means nothing.
 *
 * <p>An address is that of memory which the caller keeps until the call returns.
 *
 * @param handle a record's field, which the JIT trusts to be as constant as the binding
 */
record CFunction(MethodHandle handle) {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final FunctionDescriptor SIX =
      FunctionDescriptor.of(
          JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  /** The function of this name, which the C library has. */
  static CFunction named(String name) {
    return at(LINKER.defaultLookup().findOrThrow(name));
  }

  /** The function of this name that the program exports which this JVM is in, if it does. */
  static Optional<CFunction> exported(String name) {
    long address = Dlfcn.dlsym(Dlfcn.RTLD_DEFAULT, name);
    return address == 0 ? Optional.empty() : Optional.of(at(MemorySegment.ofAddress(address)));
  }

  private static CFunction at(MemorySegment function) {
    return new CFunction(
        LINKER.downcallHandle(function, SIX, Linker.Option.captureCallState("errno")));
  }

  /** What the function returns, an {@code int}; {@code -errno} if it is negative. */
  int call() {
    return call(0, 0, 0, 0, 0);
  }

  int call(long a) {
    return call(a, 0, 0, 0, 0);
  }

  int call(long a, long b) {
    return call(a, b, 0, 0, 0);
  }

  int call(long a, long b, long c) {
    return call(a, b, c, 0, 0);
  }

  int call(long a, long b, long c, long d) {
    return call(a, b, c, d, 0);
  }

  int call(long a, long b, long c, long d, long e) {
    MemorySegment state = Errno.state();
    int result = (int) invoke(state, a, b, c, d, e, 0);
    return result < 0 ? -Errno.of(state) : result;
  }

  /** What the function returns, 64 bits; {@code -errno} if it is negative. */
  long callLong(long a) {
    return callLong(a, 0, 0, 0, 0, 0);
  }

  long callLong(long a, long b, long c) {
    return callLong(a, b, c, 0, 0, 0);
  }

  long callLong(long a, long b, long c, long d) {
    return callLong(a, b, c, d, 0, 0);
  }

  long callLong(long a, long b, long c, long d, long e, long f) {
    MemorySegment state = Errno.state();
    long result = invoke(state, a, b, c, d, e, f);
    return result < 0 ? -Errno.of(state) : result;
  }

  private long invoke(MemorySegment state, long a, long b, long c, long d, long e, long f) {
    try {
      return (long) handle.invokeExact(state, a, b, c, d, e, f);
    } catch (Error | RuntimeException thrown) {
      throw thrown;
    } catch (Throwable thrown) {
      throw new AssertionError("a downcall throws nothing checked", thrown);
    }
  }
}
