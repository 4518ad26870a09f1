package org.kvmzone.bench.bare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The C loops, compiled for this machine when they are first asked for. */
final class CLibrary {
  private static final SymbolLookup LIBRARY = compile();

  private CLibrary() {}

  /** {@code int function(struct loop *, int times)}. */
  static MethodHandle function(String name) {
    return Linker.nativeLinker()
        .downcallHandle(
            LIBRARY.findOrThrow(name),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
  }

  private static SymbolLookup compile() {
    try {
      Path directory = Files.createTempDirectory("kvmzone-bare");
      Path library = directory.resolve("bare.so");
      try {
        Gcc.compile("/c/bare.c", library, List.of("-O3", "-march=native", "-shared", "-fPIC"));
        return SymbolLookup.libraryLookup(library, Arena.global());
      } finally {
        Files.deleteIfExists(library);
        Files.delete(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
