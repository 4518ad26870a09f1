package org.kvmzone.bench.bare;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

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
    try (InputStream source = CLibrary.class.getResourceAsStream("/c/bare.c")) {
      Path directory = Files.createTempDirectory("kvmzone-bare");
      Path library = directory.resolve("bare.so");
      try {
        gcc(source.readAllBytes(), library);
        return SymbolLookup.libraryLookup(library, Arena.global());
      } finally {
        Files.deleteIfExists(library);
        Files.delete(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void gcc(byte[] source, Path library) throws IOException {
    Process gcc =
        new ProcessBuilder(
                "gcc",
                "-O3",
                "-march=native",
                "-Wall",
                "-Werror",
                "-shared",
                "-fPIC",
                "-x",
                "c",
                "-o",
                library.toString(),
                "-")
            .inheritIO()
            .redirectInput(ProcessBuilder.Redirect.PIPE)
            .start();
    try (var input = gcc.getOutputStream()) {
      input.write(source);
    }
    try {
      if (gcc.waitFor() != 0) {
        throw new IOException("gcc could not compile the loops");
      }
    } catch (InterruptedException e) {
      throw new IOException("interrupted while compiling", e);
    }
  }
}
